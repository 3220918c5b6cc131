package io.berth.scheduler.packing;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.ResourceIndex;

/** The largest amount of each resource that one node has: what amounts are compared in. */
final class Maxima {
  private final Cluster cluster;
  private long seenChange = -1;
  private int seenNodes = -1;
  private double cpu;
  private double memory;
  private double gpus;
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
    if (moreCpu != cpu || moreMemory != memory || moreGpus != gpus) {
      cpu = moreCpu;
      memory = moreMemory;
      gpus = moreGpus;
      epoch++;
    }
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
