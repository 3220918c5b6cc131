package io.berth.controllers.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.client.EventRecorder;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.client.PatchType;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.WatchedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives each node networks for its pods, out of the cluster's. One node at a time: what was just
 * given and is not read back yet counts as taken. One step: {@link #reconcile}.
 */
public final class NodeIpamController implements Controller {
  private static final Logger log = LoggerFactory.getLogger(NodeIpamController.class);
  private static final Duration FULL = Duration.ofSeconds(30);

  private final ControllerContext context;
  private final Informer nodes;
  private final EventRecorder events;
  private final List<CidrPool> pools;
  private final WatchedLoop<String> loop;

  /** What was given to nodes by uid, until it is read back. Of the loop's only worker. */
  private final Map<String, List<String>> given = new HashMap<>();

  /**
   * @param clusterCidrs one, or one of each family
   */
  public NodeIpamController(ControllerContext context, List<String> clusterCidrs) {
    this.context = context;
    this.nodes = context.informers().of(Resources.NODES);
    this.events = context.events("cidrAllocator");
    this.pools = clusterCidrs.stream().map(CidrPool::parse).toList();
    this.loop = new WatchedLoop<>(name(), context, 1, this::reconcile);
    Changes.each(nodes, node -> loop.add(node.key().name()));
  }

  private static List<String> cidrs(JsonNode node) {
    List<String> cidrs = new ArrayList<>();
    node.path("spec").path("podCIDRs").forEach(cidr -> cidrs.add(cidr.asText()));
    return cidrs;
  }

  Outcome reconcile(String name) {
    Optional<ApiObject> found = nodes.get("", name);
    if (found.isEmpty() || found.get().header().deleting() || pools.isEmpty()) {
      return Outcome.done();
    }
    ApiObject node = found.get();
    if (!cidrs(node.tree()).isEmpty()) {
      given.remove(node.header().uid());
      return Outcome.done();
    }
    if (given.containsKey(node.header().uid())) {
      return Outcome.done(); // what was given comes back by itself
    }
    Set<String> taken = taken();
    List<String> free = new ArrayList<>();
    for (CidrPool pool : pools) {
      pool.next(taken).ifPresent(free::add);
    }
    if (free.size() < pools.size()) {
      events.event(
          node, "Normal", "CIDRNotAvailable", "Node " + name + " status is now: CIDRNotAvailable");
      return Outcome.again(FULL);
    }
    return give(node, free);
  }

  private Set<String> taken() {
    Set<String> taken = new HashSet<>();
    Set<String> there = new HashSet<>();
    for (ApiObject node : nodes.list()) {
      there.add(node.header().uid());
      taken.addAll(cidrs(node.tree()));
    }
    given.keySet().retainAll(there);
    given.values().forEach(taken::addAll);
    return taken;
  }

  private Outcome give(ApiObject node, List<String> free) {
    ObjectNode patch = Json.object();
    // Of this node alone: one of the same name that came since starts with nothing.
    patch.putObject("metadata").put("uid", node.header().uid());
    ArrayNode all = patch.putObject("spec").put("podCIDR", free.getFirst()).putArray("podCIDRs");
    free.forEach(all::add);
    try {
      given.put(node.header().uid(), free);
      context
          .client()
          .patch(Resources.NODES, null, node.key().name(), null, PatchType.MERGE, patch);
      log.info("node has addresses for pods node={} podCIDRs={}", node.key().name(), free);
    } catch (ApiException e) {
      given.remove(node.header().uid());
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
    return Outcome.done();
  }

  @Override
  public String name() {
    return "nodeipam";
  }

  @Override
  public void start() {
    loop.start();
  }

  @Override
  public boolean alive() {
    return loop.alive();
  }

  @Override
  public void close() {
    loop.close();
  }
}
