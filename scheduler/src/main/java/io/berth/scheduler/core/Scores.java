package io.berth.scheduler.core;

import java.util.List;

/**
 * What makes one node better than another that the pod may go to as well. Each part gives 0 to 100
 * a node before its weight; the weights are those of Kubernetes' default profile, and packing takes
 * the place of spreading.
 */
public final class Scores {
  private static final double PACKING = 1;
  private static final double AFFINITY = 2;
  private static final double TAINTS = 3;

  private Scores() {}

  /**
   * The score of each node.
   *
   * @param feasible the nodes that every filter lets through
   */
  static double[] of(PodRecord pod, List<NodeState> feasible) {
    double[] preferred = new double[feasible.size()];
    double[] untolerated = new double[feasible.size()];
    for (int i = 0; i < feasible.size(); i++) {
      preferred[i] = preferredWeight(pod, feasible.get(i));
      untolerated[i] = untoleratedPreferences(pod, feasible.get(i));
    }
    double mostPreferred = max(preferred);
    double mostUntolerated = max(untolerated);
    double[] scores = new double[feasible.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = PACKING * mostAllocated(pod, feasible.get(i));
      if (mostPreferred > 0) {
        scores[i] += AFFINITY * 100 * preferred[i] / mostPreferred;
      }
      if (mostUntolerated > 0) {
        scores[i] += TAINTS * 100 * (1 - untolerated[i] / mostUntolerated);
      }
    }
    return scores;
  }

  /** The mean share of CPU and memory in use once the pod is there: the fullest node wins. */
  private static double mostAllocated(PodRecord pod, NodeState node) {
    return (share(pod, node, ResourceIndex.CPU) + share(pod, node, ResourceIndex.MEMORY)) / 2;
  }

  private static double share(PodRecord pod, NodeState node, int slot) {
    long allocatable = Amounts.at(node.allocatable(), slot);
    long used = Amounts.at(node.requested(), slot) + Amounts.at(pod.requests(), slot);
    return allocatable == 0 ? 0 : Math.min(100.0, 100.0 * used / allocatable);
  }

  private static double preferredWeight(PodRecord pod, NodeState node) {
    double sum = 0;
    for (PodRecord.Preference preference : pod.preferredTerms()) {
      if (preference.term().matches(node)) {
        sum += preference.weight();
      }
    }
    return sum;
  }

  private static double untoleratedPreferences(PodRecord pod, NodeState node) {
    int count = 0;
    for (Taint taint : node.taints()) {
      if (taint.effect().equals(Taint.PREFER_NO_SCHEDULE) && !pod.tolerates(taint)) {
        count++;
      }
    }
    return count;
  }

  private static double max(double[] values) {
    double max = 0;
    for (double value : values) {
      max = Math.max(max, value);
    }
    return max;
  }
}
