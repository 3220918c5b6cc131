package io.berth.scheduler.simulate;

import io.berth.scheduler.cluster.Gpus;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How many nodes any placement of all pods must use at least. Nodes may differ, and there may be
 * several resources: {@code c[j][r]} is what node j has of resource r, {@code a[i][r]} what pod i
 * asks for, {@code D[r]} what all ask for together. Rules other than room are left out, which can
 * only lower a bound.
 *
 * <ul>
 *   <li><b>Volume</b>: of each resource the nodes in use must have D[r] together. The fewest nodes
 *       that do are those that have most of it; the bound is the most over the resources. (The
 *       continuous bound L1 of Martello and Toth, "Knapsack Problems", 1990, ch. 8, for bins of
 *       different sizes.)
 *   <li><b>Big items</b>: let C be the largest c[j][r]. For a threshold t of at most C/2, pods
 *       larger than C - t share a node with none of at least t; pods above C/2 share none with each
 *       other; pods of t to C/2 that do not fit beside the latter need nodes of their own: n1 + n2
 *       + ceil(max(0, sum3 - (n2 C - sum2)) / C). The most over all thresholds and resources. (The
 *       bound L2 of Martello and Toth, "Lower bounds and reduction procedures for the bin packing
 *       problem", 1990. Nodes smaller than C only make it harder.)
 *   <li><b>LP</b>: choose y[j] in 0..1, the fewest in sum, with sum over j of y[j] c[j][r] at least
 *       D[r] for all r at once. Every placement is such a choice, with y[j] = 1 for the nodes in
 *       use, so the optimum, rounded up, is a bound. It is found from its dual: for any weights w
 *       that are not negative, the nodes must cover sum of w[r] D[r] in the one resource sum of
 *       w[r] c[j][r], and how many nodes, the last in part, that takes is below the optimum for any
 *       w and equal to it for the best w. The weights are searched for; where the search stops
 *       short of the best the value is a bound all the same.
 * </ul>
 *
 * @param volume the volume bound
 * @param bigItems the big-item bound
 * @param lp the LP bound
 */
public record Bounds(int volume, int bigItems, int lp) {
  private static final double TOLERANCE = 1e-9;

  /** The largest of the bounds. */
  public int largest() {
    return Math.max(volume, Math.max(bigItems, lp));
  }

  /** More nodes than there are stands for: the pods cannot all be placed. */
  public static Bounds of(Workloads given) {
    Sizes sizes = Sizes.of(given);
    return new Bounds(volume(sizes), bigItems(sizes), lp(sizes));
  }

  /**
   * Amounts in parts of the most that a node has, of the resources that are asked for; all GPUs are
   * one resource. Nodes of the same size are one entry.
   */
  private record Sizes(double[][] pods, double[][] kinds, int[] counts, double[] demand) {
    int resources() {
      return demand.length;
    }

    int nodes() {
      return Arrays.stream(counts).sum();
    }

    static Sizes of(Workloads given) {
      List<Integer> slots = new ArrayList<>();
      for (int slot = 0; slot < given.resources().size(); slot++) {
        if (!ResourceIndex.isWholeGpu(slot)) {
          slots.add(slot);
        }
      }
      double[] most = new double[slots.size()];
      for (int r = 0; r < most.length; r++) {
        for (NodeRecord node : given.nodes()) {
          most[r] = Math.max(most[r], amount(node, slots.get(r)));
        }
      }
      double[][] pods = new double[given.pods().size()][];
      double[] demand = new double[most.length];
      for (int i = 0; i < pods.length; i++) {
        pods[i] = new double[most.length];
        for (int r = 0; r < most.length; r++) {
          double asked = amount(given.pods().get(i), slots.get(r));
          // What nobody has fits nowhere: it counts as more than all nodes together.
          double unit = most[r] == 0 ? 1.0 / (given.nodes().size() + 1.0) : most[r];
          pods[i][r] = most[r] == 0 && asked > 0 ? 1 / unit : asked / unit;
          demand[r] += pods[i][r];
        }
      }
      Map<List<Double>, Integer> kinds = new HashMap<>();
      for (NodeRecord node : given.nodes()) {
        List<Double> kind = new ArrayList<>();
        for (int r = 0; r < most.length; r++) {
          kind.add(most[r] == 0 ? 0.0 : amount(node, slots.get(r)) / most[r]);
        }
        kinds.merge(kind, 1, Integer::sum);
      }
      return new Sizes(
          pods,
          kinds.keySet().stream()
              .map(kind -> kind.stream().mapToDouble(Double::doubleValue).toArray())
              .toArray(double[][]::new),
          kinds.values().stream().mapToInt(Integer::intValue).toArray(),
          demand);
    }

    private static double amount(NodeRecord node, int slot) {
      return slot == ResourceIndex.GPU_MILLI
          ? (double) Gpus.WHOLE * Gpus.count(node)
          : (double) node.allocatable(slot);
    }

    private static double amount(PodShape pod, int slot) {
      return slot == ResourceIndex.GPU_MILLI
          ? (double) Gpus.WHOLE * pod.gpus() + pod.gpuShare()
          : (double) pod.request(slot);
    }
  }

  private static int volume(Sizes sizes) {
    int bound = 0;
    for (int r = 0; r < sizes.resources(); r++) {
      double[] only = new double[sizes.resources()];
      only[r] = 1;
      bound = Math.max(bound, up(cover(sizes, only)));
    }
    return bound;
  }

  private static int up(double nodes) {
    return (int) Math.ceil(nodes - TOLERANCE * Math.max(1, nodes));
  }

  /** How many nodes, the last in part, have the weighted sum of what is asked for. */
  private static double cover(Sizes sizes, double[] weights) {
    double wanted = product(weights, sizes.demand());
    Integer[] order = new Integer[sizes.kinds().length];
    Arrays.setAll(order, i -> i);
    double[] has = new double[order.length];
    Arrays.setAll(has, i -> product(weights, sizes.kinds()[i]));
    Arrays.sort(order, Collections.reverseOrder((a, b) -> Double.compare(has[a], has[b])));
    double nodes = 0;
    for (int kind : order) {
      double all = has[kind] * sizes.counts()[kind];
      if (wanted <= all) {
        return wanted <= 0 ? nodes : nodes + wanted / has[kind];
      }
      wanted -= all;
      nodes += sizes.counts()[kind];
    }
    return wanted > TOLERANCE * product(weights, sizes.demand()) ? sizes.nodes() + 1.0 : nodes;
  }

  private static double product(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** Climbs from each single resource. */
  private static int lp(Sizes sizes) {
    double best = 0;
    for (int from = 0; from < sizes.resources(); from++) {
      double[] weights = new double[sizes.resources()];
      weights[from] = 1;
      best = Math.max(best, climb(sizes, weights));
    }
    return up(best);
  }

  private static double climb(Sizes sizes, double[] weights) {
    double best = cover(sizes, weights);
    for (double step = 0.5; step > 1e-6; step /= 2) {
      boolean better = true;
      while (better) {
        better = false;
        for (int r = 0; r < weights.length; r++) {
          for (double move : new double[] {step, -step}) {
            double before = weights[r];
            weights[r] = Math.max(0, before + move);
            double value = product(weights, weights) == 0 ? 0 : cover(sizes, weights);
            if (value > best) {
              best = value;
              better = true;
            } else {
              weights[r] = before;
            }
          }
        }
      }
    }
    return best;
  }

  private static int bigItems(Sizes sizes) {
    int bound = 0;
    for (int r = 0; r < sizes.resources(); r++) {
      int resource = r;
      double[] sorted =
          Arrays.stream(sizes.pods()).mapToDouble(pod -> pod[resource]).sorted().toArray();
      bound = Math.max(bound, bigItems(sorted));
    }
    return bound;
  }

  /**
   * @param sizes ascending, in parts of the largest node
   */
  private static int bigItems(double[] sizes) {
    double[] sums = new double[sizes.length + 1]; // of the smallest so many
    for (int i = 0; i < sizes.length; i++) {
      sums[i + 1] = sums[i] + sizes[i];
    }
    int half = first(sizes, 0.5 + TOLERANCE);
    int bound = sizes.length - half;
    for (int i = 0; i < half; i++) {
      double threshold = sizes[i];
      if (threshold <= 0 || (i > 0 && threshold == sizes[i - 1])) {
        continue;
      }
      int alone = Math.max(half, first(sizes, 1 - threshold + TOLERANCE));
      double rest = alone - half - (sums[alone] - sums[half]); // room beside the middle ones
      double small = sums[half] - sums[i];
      bound = Math.max(bound, sizes.length - half + up(Math.max(0, small - rest)));
    }
    return bound;
  }

  /** The first index whose value is at least that. */
  private static int first(double[] ascending, double value) {
    int low = 0;
    int high = ascending.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ascending[middle] < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
