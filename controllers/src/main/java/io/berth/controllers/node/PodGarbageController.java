package io.berth.controllers.node;

import io.berth.api.resource.Resources;
import io.berth.api.time.Clock;
import io.berth.client.ApiClient;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.PodIndex;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.PodFacts;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes pods that nobody will ever run or end. Looks each {@link #PERIOD}; one step: {@link
 * #reconcile}; what it decides is in {@link PodCollection}.
 */
public final class PodGarbageController implements Controller {
  private static final Logger log = LoggerFactory.getLogger(PodGarbageController.class);
  static final Duration PERIOD = Duration.ofSeconds(20);

  /** How long a node must be missing before the server is asked whether it is gone. */
  static final Duration QUARANTINE = Duration.ofSeconds(40);

  private final ApiClient client;
  private final Clock clock;
  private final PodIndex pods;
  private final Informer nodes;
  private final int kept;
  private final Disruption disruption;
  private final WatchedLoop<String> loop;

  /** Nodes that pods name and the informer does not show, and since when; one step touches it. */
  private final Map<String, Long> missing = new HashMap<>();

  /**
   * @param kept how many ended pods are kept; 0 for all
   */
  public PodGarbageController(ControllerContext context, int kept) {
    this.client = context.client();
    this.clock = context.environment().clock();
    this.pods = context.pods();
    this.nodes = context.informers().of(Resources.NODES);
    this.kept = kept;
    this.disruption = new Disruption(client);
    this.loop = new WatchedLoop<>(name(), context, 1, key -> reconcile());
  }

  Outcome reconcile() {
    List<PodFacts> all = pods.all();
    PodCollection collection = PodCollection.decide(all, goneNodes(all), kept);
    for (PodFacts pod : collection.orphaned()) {
      disruption.mark(pod, "DeletionByPodGC", "PodGC: node no longer exists", true, clock.now());
      remove(pod, "node gone");
    }
    collection.neverBound().forEach(pod -> remove(pod, "never bound"));
    collection.surplus().forEach(pod -> remove(pod, "ended long ago"));
    return Outcome.again(PERIOD);
  }

  private void remove(PodFacts pod, String why) {
    log.info("pod removed pod={} why=\"{}\"", pod.object().key().namespacedName(), why);
    disruption.remove(pod);
  }

  private Set<String> goneNodes(List<PodFacts> all) {
    Set<String> unknown = new TreeSet<>();
    for (PodFacts pod : all) {
      if (!pod.node().isEmpty() && nodes.get("", pod.node()).isEmpty()) {
        unknown.add(pod.node());
      }
    }
    missing.keySet().retainAll(unknown);
    long now = clock.nanos();
    Set<String> gone = new TreeSet<>();
    for (String node : unknown) {
      long since = missing.computeIfAbsent(node, name -> now);
      boolean over = now - since >= QUARANTINE.toNanos();
      if (over && client.find(Resources.NODES, null, node).isEmpty()) {
        gone.add(node);
      }
    }
    return gone;
  }

  @Override
  public String name() {
    return "pod-garbage-collector";
  }

  @Override
  public void start() {
    loop.add("pods");
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
