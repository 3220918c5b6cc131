package io.berth.controllers.replicaset;

import io.berth.controllers.object.PodFacts;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;

/**
 * What is to be done so that a ReplicaSet has its number of pods.
 *
 * @param create how many pods are missing
 * @param delete pods too many, those to go first in front
 * @param more whether a burst was cut: there is more to do at once afterwards
 */
record ReplicaPlan(int create, List<PodFacts> delete, boolean more) {
  /** The most pods that one step creates or deletes. */
  static final int BURST = 500;

  private static final ReplicaPlan NOTHING = new ReplicaPlan(0, List.of(), false);

  /**
   * @param pods all that it controls, ended and terminating ones included
   * @param related pods of ReplicaSets with the same controller, these included; asked for only
   *     where some of the pods are to go
   */
  static ReplicaPlan decide(
      ReplicaSetFacts set, List<PodFacts> pods, Supplier<List<PodFacts>> related, Instant now) {
    if (set.deleting()) {
      return NOTHING;
    }
    List<PodFacts> active = pods.stream().filter(PodFacts::active).toList();
    int surplus = active.size() - set.replicas();
    if (surplus < 0) {
      return new ReplicaPlan(Math.min(-surplus, BURST), List.of(), -surplus > BURST);
    }
    if (surplus > 0) {
      int count = Math.min(surplus, BURST);
      List<PodFacts> going =
          surplus == active.size() ? active : DeletionOrder.rank(active, related.get(), now);
      return new ReplicaPlan(0, going.subList(0, count), surplus > BURST);
    }
    return NOTHING;
  }
}
