package io.berth.scheduler.core;

import java.util.List;

/**
 * Which pods a pod must or would like to be near to (or, as anti-affinity, away from).
 *
 * @param required all must hold
 * @param preferred each adds its weight where it holds
 */
public record PodAffinity(List<AffinityTerm> required, List<Preferred> preferred) {
  public static final PodAffinity NONE = new PodAffinity(List.of(), List.of());

  /**
   * A term that is wished for.
   *
   * @param weight 1 to 100
   */
  public record Preferred(int weight, AffinityTerm term) {}

  public PodAffinity {
    required = List.copyOf(required);
    preferred = List.copyOf(preferred);
  }

  public boolean isEmpty() {
    return required.isEmpty() && preferred.isEmpty();
  }
}
