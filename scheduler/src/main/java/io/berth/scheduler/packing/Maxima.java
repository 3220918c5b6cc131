package io.berth.scheduler.packing;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.ResourceIndex;

/** The largest amount of each resource that one node has: what amounts are compared in. */
final class Maxima {
  /** The part of the nodes without GPUs that may be called rarely large. */
  private static final int RARE = 20;

  private final Cluster cluster;
  private long seenChange = -1;
  private int seenNodes = -1;
  private double cpu;
  private double memory;
  private double gpus;
  private double commonCpu;
  private double commonMemory;
  private long epoch;

  Maxima(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Looks again where nodes came or went. */
  void refresh() {
    if (cluster.size() == seenNodes && cluster.described() == seenChange) {
      return;
    }
    seenNodes = cluster.size();
    seenChange = cluster.described();
    double moreCpu = 0;
    double moreMemory = 0;
    double moreGpus = 0;
    for (Node node : cluster.nodes()) {
      moreCpu = Math.max(moreCpu, (double) node.allocatable(ResourceIndex.CPU));
      moreMemory = Math.max(moreMemory, (double) node.allocatable(ResourceIndex.MEMORY));
      moreGpus = Math.max(moreGpus, 1000.0 * node.gpus().count());
    }
    double moreCommonCpu = common(ResourceIndex.CPU);
    double moreCommonMemory = common(ResourceIndex.MEMORY);
    if (moreCpu != cpu
        || moreMemory != memory
        || moreGpus != gpus
        || moreCommonCpu != commonCpu
        || moreCommonMemory != commonMemory) {
      cpu = moreCpu;
      memory = moreMemory;
      gpus = moreGpus;
      commonCpu = moreCommonCpu;
      commonMemory = moreCommonMemory;
      epoch++;
    }
  }

  /** What only one in {@link #RARE} of the nodes without GPUs has more of. */
  private double common(int slot) {
    double[] amounts =
        cluster.nodes().stream()
            .filter(node -> node.gpus().count() == 0)
            .mapToDouble(node -> (double) node.allocatable(slot))
            .sorted()
            .toArray();
    return amounts.length == 0 ? 0 : amounts[amounts.length - 1 - amounts.length / RARE];
  }

  /**
   * Whether a node is one of the few largest: pods that fit nowhere else will need it. In clusters
   * of fewer than {@link #RARE} nodes none is.
   */
  boolean rarelyLarge(Node node) {
    return (double) node.allocatable(ResourceIndex.CPU) > commonCpu
        || (double) node.allocatable(ResourceIndex.MEMORY) > commonMemory;
  }

  long epoch() {
    return epoch;
  }

  double cpu() {
    return cpu;
  }

  double memory() {
    return memory;
  }

  /** In thousandths of GPUs. */
  double gpus() {
    return gpus;
  }
}
