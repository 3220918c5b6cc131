package io.berth.agent.network.dns;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.client.Informer;
import io.berth.client.Informers;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.SimpleResolver;

/**
 * The node's resolver for its pods: the names of the cluster from the objects that the node watches
 * anyway, other names from the node's own servers. It listens on the node's side of the pods'
 * network, so that a question leaves the node only where it must.
 */
public final class ClusterDns implements AutoCloseable {
  /** Where resolvers are asked. */
  public static final int PORT = 53;

  private static final Duration LIMIT = Duration.ofSeconds(2);

  private final Informer services;
  private final ClusterZone zone;
  private final NameServer server;
  private final Environment environment;
  private final MeterRegistry metrics;
  private final List<InetAddress> addresses = new ArrayList<>();
  private final List<DnsListener> listeners = new ArrayList<>();

  /**
   * @param informers shared; started by the caller
   * @param domain such as {@code cluster.local}
   * @param addresses of this node, on which to listen
   * @param upstreams the node's own servers, in their order; those that are this one are left out
   */
  public ClusterDns(
      Environment environment,
      Informers informers,
      MeterRegistry metrics,
      String domain,
      List<String> addresses,
      List<String> upstreams) {
    this.environment = environment;
    this.metrics = metrics;
    this.services = informers.of(Resources.SERVICES);
    addresses.forEach(address -> this.addresses.add(InetAddress.ofLiteral(address)));
    this.zone =
        new ClusterZone(services, informers.of(Resources.ENDPOINT_SLICES), domain, addresses);
    this.server = new NameServer(zone, new Forwarder(environment, resolvers(addresses, upstreams)));
  }

  private static Map<String, Resolver> resolvers(List<String> own, List<String> upstreams) {
    Map<String, Resolver> resolvers = new LinkedHashMap<>();
    for (String upstream : upstreams) {
      if (!own.contains(upstream)) {
        SimpleResolver resolver =
            new SimpleResolver(new InetSocketAddress(InetAddress.ofLiteral(upstream), PORT));
        resolver.setTimeout(LIMIT);
        resolvers.put(upstream, resolver);
      }
    }
    return resolvers;
  }

  /**
   * Listens from now on. Until the objects have been read, a name of the cluster that is not known
   * yet is answered with SERVFAIL, after which clients ask again.
   *
   * @throws IOException an address is not there, or its port is taken; the message says which
   */
  public void start() throws IOException {
    services.addHandler(new Forgetting(zone));
    for (InetAddress address : addresses) {
      try {
        DnsListener listener =
            new DnsListener(environment, server, metrics, new InetSocketAddress(address, PORT));
        listeners.add(listener);
        listener.start();
      } catch (IOException e) {
        close();
        throw new IOException(
            "the cluster's resolver cannot listen on "
                + address.getHostAddress()
                + ":"
                + PORT
                + ": "
                + e.getMessage(),
            e);
      }
    }
  }

  private record Forgetting(ClusterZone zone) implements Informer.Handler {
    @Override
    public void onAdd(ApiObject now) {}

    @Override
    public void onUpdate(ApiObject before, @Nullable ApiObject now) {}

    @Override
    public void onDelete(ApiObject last) {
      zone.forget(last);
    }
  }

  @Override
  public void close() {
    listeners.forEach(DnsListener::close);
    listeners.clear();
  }
}
