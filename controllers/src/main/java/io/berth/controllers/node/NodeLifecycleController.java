package io.berth.controllers.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.Times;
import io.berth.api.resource.Resources;
import io.berth.api.time.Clock;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.EventRecorder;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.PodFacts;
import io.berth.controllers.object.Reading;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells which nodes are lost: those of which neither lease nor status was renewed for the grace
 * period, measured here from when the last renewal was seen. A lost node's conditions become
 * unknown, its pods not ready, and taints keep pods away and in time drive them out. One step:
 * {@link #reconcile}.
 */
public final class NodeLifecycleController implements Controller {
  private static final Logger log = LoggerFactory.getLogger(NodeLifecycleController.class);
  private static final String LEASES = "kube-node-lease";

  private final ControllerContext context;
  private final ApiClient client;
  private final Clock clock;
  private final Duration grace;
  private final Duration startupGrace;
  private final Informer nodes;
  private final EventRecorder events;
  private final Heartbeats heartbeats = new Heartbeats();

  /** Nodes that were ready when last looked at: to tell of a change once. */
  private final Set<String> seenReady = ConcurrentHashMap.newKeySet();

  private final Set<String> known = ConcurrentHashMap.newKeySet();
  private final Set<String> lost = ConcurrentHashMap.newKeySet();
  private final WatchedLoop<String> loop;

  /**
   * @param grace how long a node may be silent
   * @param startupGrace how long one may be that has never told its condition
   */
  public NodeLifecycleController(
      ControllerContext context, int workers, Duration grace, Duration startupGrace) {
    this.context = context;
    this.client = context.client();
    this.clock = context.environment().clock();
    this.grace = grace;
    this.startupGrace = startupGrace;
    this.nodes = context.informers().of(Resources.NODES);
    this.events = context.events("node-controller");
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    Changes.each(nodes, node -> loop.add(node.key().name()));
    Changes.deleted(nodes, node -> forget(node.key().name()));
    Informer leases = context.informers().of(Resources.LEASES);
    Changes.each(leases, this::leaseChanged);
    Changes.deleted(leases, this::leaseGone);
  }

  private void forget(String node) {
    heartbeats.forget(node);
    seenReady.remove(node);
    lost.remove(node);
    known.remove(node);
  }

  private void leaseChanged(ApiObject lease) {
    if (lease.key().namespace().equals(LEASES)) {
      String node = lease.key().name();
      heartbeats.lease(node, renewTime(lease), clock.nanos());
      if (lost.contains(node)) {
        loop.add(node);
      }
    }
  }

  private void leaseGone(ApiObject lease) {
    if (lease.key().namespace().equals(LEASES)) {
      heartbeats.forget(lease.key().name());
    }
  }

  private static String renewTime(ApiObject lease) {
    return lease.tree().path("spec").path("renewTime").asText();
  }

  Outcome reconcile(String name) {
    ApiObject node = nodes.get("", name).orElse(null);
    if (node == null) {
      return Outcome.done();
    }
    if (known.add(name)) {
      String message = "Node %s event: Registered Node %s in Controller".formatted(name, name);
      events.event(node, "Normal", "RegisteredNode", message);
    }
    JsonNode tree = node.tree();
    String heartbeat = NodeConditions.heartbeat(tree);
    heartbeats.status(name, heartbeat, clock.nanos());
    Duration limit = NodeConditions.ready(tree).isEmpty() ? startupGrace : grace;
    Duration left = limit.minus(heartbeats.silence(name, clock.nanos()));
    if (left.isPositive() || renewedMeanwhile(name)) {
      lost.remove(name);
      taint(node, tree);
      noteReadiness(node, NodeConditions.ready(tree));
      return Outcome.again(left.isPositive() ? left : limit);
    }
    if (lost.add(name)) {
      log.warn("node lost name={} silentSeconds={}", name, limit.minus(left).toSeconds());
    }
    JsonNode now = markLost(node, heartbeat);
    taint(node, now);
    noteReadiness(node, NodeConditions.ready(now));
    markPodsNotReady(name);
    return Outcome.again(limit);
  }

  /** A copy that is behind must not cost a node its pods: the server is asked before. */
  private boolean renewedMeanwhile(String node) {
    Optional<ApiObject> lease = client.find(Resources.LEASES, LEASES, node);
    return lease.isPresent() && heartbeats.lease(node, renewTime(lease.get()), clock.nanos());
  }

  /** Writes the conditions, unless the node has spoken in between. */
  private JsonNode markLost(ApiObject node, String heartbeat) {
    return client
        .modify(
            Resources.NODES,
            null,
            node.key().name(),
            "status",
            tree -> {
              boolean silent = NodeConditions.heartbeat(tree).equals(heartbeat);
              if (silent && sameNode(node, tree)) {
                ObjectNode status = tree.withObject("/status");
                status.set(
                    "conditions", NodeConditions.lost(status.path("conditions"), clock.now()));
              }
            })
        .tree();
  }

  private static boolean sameNode(ApiObject node, JsonNode tree) {
    return tree.path("metadata").path("uid").asText().equals(node.header().uid());
  }

  /** Brings the taints in line with the conditions; asks the server only where they are not. */
  private void taint(ApiObject node, JsonNode tree) {
    if (taintsAreRight(tree)) {
      return;
    }
    client.modify(
        Resources.NODES,
        null,
        node.key().name(),
        null,
        live -> {
          if (!taintsAreRight(live) && sameNode(node, live)) {
            ArrayNode taints = NodeConditions.taints(live, clock.now());
            ObjectNode spec = live.withObject("/spec");
            if (taints.isEmpty()) {
              spec.remove("taints");
            } else {
              spec.set("taints", taints);
            }
          }
        });
  }

  private boolean taintsAreRight(JsonNode node) {
    JsonNode taints = node.path("spec").path("taints");
    ArrayNode wanted = NodeConditions.taints(node, clock.now());
    return taints.isArray() ? wanted.equals(taints) : wanted.isEmpty();
  }

  /** Tells of a node that was ready and is no longer; its pods' endpoints must not wait. */
  private void noteReadiness(ApiObject node, String ready) {
    String name = node.key().name();
    if (ready.equals("True")) {
      seenReady.add(name);
    } else if (!ready.isEmpty() && seenReady.remove(name)) {
      events.event(node, "Normal", "NodeNotReady", "Node " + name + " status is now: NodeNotReady");
      markPodsNotReady(name);
    }
  }

  private void markPodsNotReady(String node) {
    for (PodFacts pod : context.pods().onNode(node)) {
      if (pod.ready()) {
        modifyStatus(pod, status -> notReady(status));
        events.event(pod.object(), "Warning", "NodeNotReady", "Node is not ready");
      }
    }
  }

  private void notReady(ObjectNode status) {
    JsonNode ready = Reading.condition(status.path("conditions"), "Ready");
    if (ready instanceof ObjectNode condition && condition.path("status").asText().equals("True")) {
      condition.put("status", "False").put("lastTransitionTime", Times.seconds(clock.now()));
    }
  }

  private void modifyStatus(PodFacts pod, Consumer<ObjectNode> change) {
    try {
      client.modify(
          Resources.PODS,
          pod.namespace(),
          pod.name(),
          "status",
          tree -> {
            if (tree.path("metadata").path("uid").asText().equals(pod.uid())) {
              change.accept(tree.withObject("/status"));
            }
          });
    } catch (ApiException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }

  @Override
  public String name() {
    return "node_lifecycle_controller";
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
