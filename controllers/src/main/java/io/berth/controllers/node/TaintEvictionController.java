package io.berth.controllers.node;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.time.Clock;
import io.berth.client.EventRecorder;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.PodIndex;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.PodFacts;
import io.berth.controllers.object.Taint;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives pods off nodes with {@code NoExecute} taints, as long after the taint was seen as they
 * tolerate it. One step: {@link #reconcile}; what it decides is in {@link Eviction}.
 */
public final class TaintEvictionController implements Controller {
  private static final Logger log = LoggerFactory.getLogger(TaintEvictionController.class);

  /** What there is to look at. */
  sealed interface Work {
    record Node(String name) implements Work {}

    record Pod(ObjectKey key) implements Work {}
  }

  private final Clock clock;
  private final PodIndex pods;
  private final EventRecorder events;
  private final Disruption disruption;
  private final WatchedLoop<Work> loop;

  /** The {@code NoExecute} taints of the nodes that have any, and since when they are known. */
  private final ConcurrentMap<String, Map<Taint, Long>> tainted = new ConcurrentHashMap<>();

  /** Since when pods on such nodes are known, by uid. */
  private final ConcurrentMap<String, Long> seen = new ConcurrentHashMap<>();

  public TaintEvictionController(ControllerContext context, int workers) {
    this.clock = context.environment().clock();
    this.pods = context.pods();
    this.events = context.events("taint-eviction-controller");
    this.disruption = new Disruption(context.client());
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    Informer nodes = context.informers().of(Resources.NODES);
    Changes.each(nodes, this::nodeChanged);
    Changes.deleted(nodes, node -> tainted.remove(node.key().name()));
    Changes.each(pods.informer(), this::podChanged);
    Changes.deleted(pods.informer(), pod -> seen.remove(pod.header().uid()));
  }

  private void nodeChanged(ApiObject node) {
    String name = node.key().name();
    Map<Taint, Long> before = tainted.getOrDefault(name, Map.of());
    Map<Taint, Long> now = new LinkedHashMap<>();
    for (Taint taint : Taint.listOf(node.tree().path("spec").path("taints"))) {
      if (taint.effect().equals("NoExecute")) {
        now.put(taint, before.getOrDefault(taint, clock.nanos()));
      }
    }
    if (now.isEmpty()) {
      tainted.remove(name);
    } else {
      tainted.put(name, now);
    }
    if (!now.keySet().equals(before.keySet())) {
      loop.add(new Work.Node(name));
    }
  }

  private void podChanged(ApiObject pod) {
    String node = pod.header().fields().getOrDefault("spec.nodeName", "");
    if (tainted.containsKey(node)) {
      loop.add(new Work.Pod(pod.key()));
    }
  }

  Outcome reconcile(Work work) {
    if (work instanceof Work.Node node) {
      for (PodFacts pod : pods.onNode(node.name())) {
        if (tainted.containsKey(node.name())) {
          loop.add(new Work.Pod(pod.object().key()));
        } else {
          seen.remove(pod.uid());
        }
      }
      return Outcome.done();
    }
    ObjectKey key = ((Work.Pod) work).key();
    PodFacts pod = pods.get(key.namespace(), key.name()).orElse(null);
    if (pod == null || pod.deleting()) {
      return Outcome.done();
    }
    Optional<Duration> due = Eviction.due(taintsOf(pod), pod.tolerations());
    if (due.filter(Duration::isZero).isPresent()) {
      evict(pod);
      return Outcome.done();
    }
    return due.map(Outcome::again).orElse(Outcome.done());
  }

  /** The taints of the pod's node and how long they have concerned it. */
  private Map<Taint, Duration> taintsOf(PodFacts pod) {
    Map<Taint, Long> taints = tainted.getOrDefault(pod.node(), Map.of());
    if (taints.isEmpty()) {
      return Map.of();
    }
    long now = clock.nanos();
    long here = seen.computeIfAbsent(pod.uid(), uid -> now);
    Map<Taint, Duration> ages = new LinkedHashMap<>();
    taints.forEach(
        (taint, since) -> ages.put(taint, Duration.ofNanos(Math.min(now - since, now - here))));
    return ages;
  }

  private void evict(PodFacts pod) {
    log.info("evicting pod={} node={}", pod.object().key().namespacedName(), pod.node());
    events.event(
        pod.object(),
        "Normal",
        "TaintManagerEviction",
        "Marking for deletion Pod " + pod.object().key().namespacedName());
    disruption.mark(
        pod,
        "DeletionByTaintManager",
        "Taint manager: deleting due to NoExecute taint",
        false,
        clock.now());
    disruption.delete(pod);
  }

  @Override
  public String name() {
    return "taint-eviction-controller";
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
