package io.berth.controllers.replicaset;

import io.berth.controllers.object.PodFacts;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which pods go first where there are too many: not bound before bound, pending before unknown
 * before running, not ready before ready, cheaper before dearer (the deletion cost annotation),
 * those that share their node with more of their like, ready for less time, restarted more often,
 * younger. Times count by the order of magnitude of the age, so that among pods of about one age
 * chance (the uid) decides and not the order of creation. The magnitudes are compared as such and
 * the uid only at the end, which keeps the order transitive.
 */
final class DeletionOrder {
  private DeletionOrder() {}

  /**
   * @param pods who may go
   * @param related all pods of the same purpose, also of other ReplicaSets of one Deployment
   * @return the pods, those to go first in front
   */
  static List<PodFacts> rank(List<PodFacts> pods, List<PodFacts> related, Instant now) {
    Map<String, Integer> onNode = new TreeMap<>();
    related.stream()
        .filter(PodFacts::active)
        .forEach(pod -> onNode.merge(pod.node(), 1, Integer::sum));
    Comparator<PodFacts> order =
        Comparator.comparing((PodFacts pod) -> !pod.node().isEmpty())
            .thenComparingInt(pod -> phaseRank(pod.phase()))
            .thenComparing(PodFacts::ready)
            .thenComparingInt(PodFacts::deletionCost)
            .thenComparingInt(pod -> -onNode.getOrDefault(pod.node(), 0))
            .thenComparingLong(pod -> pod.ready() ? magnitude(pod.readySince(), now) : 0)
            .thenComparingInt(pod -> -pod.restarts())
            .thenComparingLong(pod -> magnitude(pod.created(), now))
            .thenComparing(PodFacts::uid);
    return pods.stream().sorted(order).toList();
  }

  private static int phaseRank(String phase) {
    return switch (phase) {
      case "Pending", "" -> 0;
      case "Unknown" -> 1;
      default -> 2;
    };
  }

  /** The logarithm of the age, rounded down; an unknown time is the youngest. */
  private static long magnitude(@Nullable Instant then, Instant now) {
    if (then == null) {
      return -2;
    }
    long nanos = Duration.between(then, now).toNanos();
    return nanos <= 0 ? -1 : 63 - Long.numberOfLeadingZeros(nanos);
  }
}
