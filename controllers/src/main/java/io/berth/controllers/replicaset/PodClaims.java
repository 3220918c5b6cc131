package io.berth.controllers.replicaset;

import io.berth.controllers.object.PodFacts;
import java.util.ArrayList;
import java.util.List;

/**
 * Which pods are a ReplicaSet's: those it controls and selects stay, those it controls and no
 * longer selects are released, those that nobody controls and it selects are adopted.
 *
 * @param kept its pods
 * @param adopt pods to become its own, if it still exists
 * @param release pods to let go
 */
record PodClaims(List<PodFacts> kept, List<PodFacts> adopt, List<PodFacts> release) {
  /**
   * @param controlled pods that it controls
   * @param uncontrolled pods of its namespace that nobody controls
   */
  static PodClaims decide(
      ReplicaSetFacts set, List<PodFacts> controlled, List<PodFacts> uncontrolled) {
    List<PodFacts> kept = new ArrayList<>();
    List<PodFacts> release = new ArrayList<>();
    for (PodFacts pod : controlled) {
      if (!pod.active() || set.selects(pod.labels())) {
        kept.add(pod);
      } else if (!set.deleting()) {
        release.add(pod);
      }
    }
    List<PodFacts> adopt = new ArrayList<>();
    for (PodFacts pod : uncontrolled) {
      if (!set.deleting() && pod.active() && set.selects(pod.labels())) {
        adopt.add(pod);
      }
    }
    return new PodClaims(kept, adopt, release);
  }
}
