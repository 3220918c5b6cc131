package io.berth.controllers.node;

import io.berth.controllers.object.Taint;
import io.berth.controllers.object.Toleration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether and when a pod must leave its node. */
final class Eviction {
  private Eviction() {}

  /**
   * @param taints the node's {@code NoExecute} taints and how long each has concerned the pod
   * @return the time until it must leave: zero now, empty never
   */
  static Optional<Duration> due(Map<Taint, Duration> taints, List<Toleration> tolerations) {
    Optional<Duration> due = Optional.empty();
    for (Map.Entry<Taint, Duration> taint : taints.entrySet()) {
      Optional<Toleration> toleration =
          tolerations.stream().filter(t -> t.tolerates(taint.getKey())).findFirst();
      if (toleration.isEmpty()) {
        return Optional.of(Duration.ZERO);
      }
      Long seconds = toleration.get().seconds();
      if (seconds != null) {
        Duration left = Duration.ofSeconds(Math.max(0, seconds)).minus(taint.getValue());
        Duration then = left.isNegative() ? Duration.ZERO : left;
        due = Optional.of(due.filter(d -> d.compareTo(then) < 0).orElse(then));
      }
    }
    return due;
  }
}
