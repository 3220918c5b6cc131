package io.berth.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.apiserver.cache.WatchCache;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Where a service is reached from the server itself: at one of its ready endpoints, which needs no
 * rules of the node's network, else at its cluster IP.
 */
public final class ServiceAddresses {
  private static final String OF_SERVICE = "kubernetes.io/service-name";

  private final WatchCache cache;
  private final RandomGenerator random;

  public ServiceAddresses(WatchCache cache, RandomGenerator random) {
    this.cache = cache;
    this.random = random;
  }

  /**
   * One of the addresses.
   *
   * @param port of the service
   * @throws IOException there is no such service, or nothing behind it
   */
  public InetSocketAddress find(String namespace, String name, int port) throws IOException {
    List<InetSocketAddress> all = all(namespace, name, port);
    return all.get(random.nextInt(all.size()));
  }

  /**
   * Every address that serves, in no order; at least one.
   *
   * @param port of the service
   * @throws IOException there is no such service, or nothing behind it
   */
  public List<InetSocketAddress> all(String namespace, String name, int port) throws IOException {
    JsonNode service =
        cache
            .find(ObjectKey.of(Resources.SERVICES.groupResource(), namespace, name))
            .map(ApiObject::tree)
            .orElseThrow(() -> new IOException("service \"" + name + "\" not found"));
    JsonNode spec = service.path("spec");
    if (spec.path("type").asText().equals("ExternalName")) {
      return List.of(new InetSocketAddress(spec.path("externalName").asText(), port));
    }
    String portName = null;
    for (JsonNode candidate : spec.path("ports")) {
      if (candidate.path("port").asInt() == port) {
        portName = candidate.path("name").asText("");
      }
    }
    if (portName == null) {
      throw new IOException("no service port " + port + " found for service \"" + name + "\"");
    }
    List<InetSocketAddress> ready = endpoints(namespace, name, portName);
    if (!ready.isEmpty()) {
      return ready;
    }
    String address = spec.path("clusterIP").asText("");
    if (address.isEmpty() || address.equals("None") || spec.path("selector").size() > 0) {
      throw new IOException("no endpoints available for service \"" + name + "\"");
    }
    return List.of(new InetSocketAddress(address, port));
  }

  private List<InetSocketAddress> endpoints(String namespace, String name, String portName) {
    List<InetSocketAddress> ready = new ArrayList<>();
    for (ApiObject object :
        cache.list(Resources.ENDPOINT_SLICES.groupResource(), namespace).objects()) {
      if (!name.equals(object.header().labels().get(OF_SERVICE))) {
        continue;
      }
      JsonNode slice = object.tree();
      for (JsonNode port : slice.path("ports")) {
        if (port.path("name").asText("").equals(portName)) {
          add(slice, port.path("port").asInt(), ready);
        }
      }
    }
    return ready;
  }

  private static void add(JsonNode slice, int port, List<InetSocketAddress> ready) {
    for (JsonNode endpoint : slice.path("endpoints")) {
      if (endpoint.path("conditions").path("ready").asBoolean(true)) {
        endpoint
            .path("addresses")
            .forEach(address -> ready.add(new InetSocketAddress(address.asText(), port)));
      }
    }
  }
}
