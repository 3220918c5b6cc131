package io.berth.agent.network.routes;

import io.berth.agent.network.routes.RoutePlan.Hop;
import io.berth.agent.process.Command;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.client.Informer;
import io.berth.client.Informers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this machine's routes to the pods of all other nodes: watches nodes, and each {@link #step}
 * brings the kernel up to date. Several agents may share a machine, and then its routes. Safe for
 * use by many threads.
 */
public final class NodeRoutes implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeRoutes.class);
  private static final Duration MERGE = Duration.ofMillis(20);
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final Duration RECHECK = Duration.ofSeconds(30);

  private final Environment environment;
  private final Command command;
  private final Informers informers;
  private final Informer nodes;
  private final String node;
  private final RouteMode mode;
  private final Set<String> bridges;
  private final RouteTable table;
  private final Tunnel tunnel;
  private final Map<String, Peer> peers = new ConcurrentHashMap<>();
  private final Object lock = new Object();
  private Timers.@Nullable Cancellable pending;
  private boolean closed;
  private boolean tunnelled;
  private volatile @Nullable String problem = "nodes are not read yet";

  /**
   * @param informers shared; started by the caller
   * @param node this node's name
   * @param podCidrs this node's own
   * @param bridge this node's pods'
   */
  public NodeRoutes(
      Environment environment,
      Command command,
      Informers informers,
      String node,
      List<String> podCidrs,
      String bridge,
      RouteMode mode) {
    this.environment = environment;
    this.command = command;
    this.informers = informers;
    this.nodes = informers.of(Resources.NODES);
    this.node = node;
    this.mode = mode;
    this.bridges = Set.of(bridge, Tunnel.DEVICE);
    this.table = new RouteTable(command);
    this.tunnel = new Tunnel(command, podCidrs.stream().map(Network::parse).toList());
  }

  /** Begins; the first routes are there once nodes are read. */
  public void start() {
    nodes.addHandler(new PeerHandler());
    informers.whenSynced(() -> scheduleAfter(Duration.ZERO));
  }

  /** Null where all nodes' pods can be reached as far as routes go, else what is wrong. */
  public @Nullable String health() {
    return problem;
  }

  /** Most of what changes of a node is no matter of routes. */
  private final class PeerHandler implements Informer.Handler {
    @Override
    public void onAdd(ApiObject now) {
      Peer peer = Peer.of(now);
      if (!peer.equals(peers.put(peer.node(), peer)) && nodes.synced()) {
        scheduleAfter(MERGE);
      }
    }

    @Override
    public void onUpdate(ApiObject before, ApiObject now) {
      onAdd(now);
    }

    @Override
    public void onDelete(ApiObject last) {
      peers.remove(last.key().name());
      scheduleAfter(MERGE);
    }
  }

  private void scheduleAfter(Duration delay) {
    synchronized (lock) {
      if (closed) {
        return;
      }
      if (pending != null) {
        pending.cancel();
      }
      pending = environment.timers().after(delay, this::run);
    }
  }

  private void run() {
    synchronized (lock) {
      pending = null;
    }
    Duration next = step();
    synchronized (lock) {
      if (pending == null) { // else something changed meanwhile, and comes sooner
        scheduleAfter(next);
      }
    }
  }

  /**
   * Reads the machine's links and the nodes, and brings the kernel up to date.
   *
   * @return when it is to be done again though nothing changes
   */
  synchronized Duration step() {
    try {
      Links links = links();
      SortedMap<String, Hop> plan = RoutePlan.of(peers.values(), node, links, mode);
      if (plan.values().stream().anyMatch(Hop::tunnel)) {
        tunnel.ensure(own(links));
        tunnelled = true;
      }
      int changed = table.apply(plan);
      if (changed > 0) {
        log.info("routes node={} networks={} changed={}", node, plan.size(), changed);
      }
      problem = null;
      return RECHECK;
    } catch (Command.FailedException | IllegalStateException e) {
      problem = "routes to other nodes: " + e.getMessage();
      log.warn("routes not applied node={} error={}", node, e.getMessage());
      return RETRY;
    }
  }

  private Links links() {
    String text = command.run("ip", "-j", "addr");
    return Links.read(Json.parse(text.getBytes(StandardCharsets.UTF_8)), bridges);
  }

  /** The link that other nodes' tunnels lead to. */
  private Links.Link own(Links links) {
    Peer self = peers.get(node);
    List<String> addresses = self == null ? List.of() : self.addresses();
    return addresses.stream()
        .flatMap(address -> links.with(address).stream())
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "none of the node's addresses " + addresses + " is on a link of this machine"));
  }

  /** Stops following changes; the routes stay for the workloads. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      if (pending != null) {
        pending.cancel();
      }
    }
  }

  /** Takes routes and tunnel away. */
  public synchronized void remove() {
    close();
    table.apply(Collections.emptySortedMap());
    if (tunnelled) {
      tunnel.remove();
    }
  }
}
