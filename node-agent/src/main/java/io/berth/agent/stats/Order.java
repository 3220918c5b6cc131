package io.berth.agent.stats;

import java.util.Comparator;
import java.util.List;

/** Pods in an order that stays. */
final class Order {
  private Order() {}

  static List<Sample.OfPod> of(Sample sample) {
    return sample.pods().values().stream()
        .sorted(
            Comparator.comparing((Sample.OfPod pod) -> pod.sandbox().namespace())
                .thenComparing(pod -> pod.sandbox().name())
                .thenComparing(pod -> pod.sandbox().uid()))
        .toList();
  }
}
