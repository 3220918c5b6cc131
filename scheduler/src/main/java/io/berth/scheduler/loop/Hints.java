package io.berth.scheduler.loop;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.queue.SchedulingQueue;
import io.berth.scheduler.volume.VolumeRules;
import java.util.Collection;
import java.util.Set;

/**
 * Looks closer whether something that happened on a node helps pods that wait: most that happens
 * helps few. Not safe for use by several threads: the loop guards it.
 */
final class Hints {
  /** Rules by which what happens on one node may open another. */
  private static final Set<String> BEYOND_THE_NODE =
      Set.of("PodTopologySpread", "InterPodAffinity", GangStep.RULE, VolumeRules.RESTRICTIONS);

  private final Cluster cluster;
  private final Collection<Decider> deciders;

  Hints(Cluster cluster, Collection<Decider> deciders) {
    this.cluster = cluster;
    this.deciders = deciders;
  }

  /** What happened concerns that node: it helps who fits there now. */
  SchedulingQueue.Hint onNode(String name) {
    return (pod, rules) -> {
      if (rules.stream().anyMatch(BEYOND_THE_NODE::contains)) {
        return true;
      }
      Node node = cluster.node(name);
      return node != null && fits(pod, node);
    };
  }

  boolean fits(PodRecord pod, Node node) {
    return deciders.stream().anyMatch(decider -> decider.fits(pod, node));
  }

  /** A group is complete now, or another: it helps who waits for one. */
  SchedulingQueue.Hint ofGroup() {
    return (shape, rules) -> rules.contains(GangStep.RULE);
  }
}
