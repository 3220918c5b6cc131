package io.berth.controllers.node;

import io.berth.controllers.object.PodFacts;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * Which pods are to be removed since nobody else will.
 *
 * @param orphaned bound to a node that is gone
 * @param neverBound asked to end before they were bound
 * @param surplus ended long ago: the oldest beyond the number that is kept
 */
record PodCollection(List<PodFacts> orphaned, List<PodFacts> neverBound, List<PodFacts> surplus) {
  /**
   * @param goneNodes names of nodes that are known not to exist
   * @param kept how many ended pods are kept; 0 for all
   */
  static PodCollection decide(List<PodFacts> pods, Set<String> goneNodes, int kept) {
    List<PodFacts> orphaned = pods.stream().filter(p -> goneNodes.contains(p.node())).toList();
    List<PodFacts> neverBound =
        pods.stream().filter(p -> p.deleting() && p.node().isEmpty()).toList();
    List<PodFacts> ended =
        pods.stream()
            .filter(p -> p.terminal() && !goneNodes.contains(p.node()))
            .sorted(Comparator.comparing(PodFacts::created).thenComparing(PodFacts::uid))
            .toList();
    int surplus = kept == 0 ? 0 : Math.max(0, ended.size() - kept);
    return new PodCollection(orphaned, neverBound, ended.subList(0, surplus));
  }
}
