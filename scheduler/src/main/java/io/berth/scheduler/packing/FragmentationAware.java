package io.berth.scheduler.packing;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Gpus;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;

/**
 * The default strategy: as few nodes as possible, and as little as possible left over that nobody
 * can use.
 *
 * <p>A pod goes where its going loses least: of GPUs, what {@link Workload} expects to be filled
 * yet, before it and after it, CPU and memory that would be missing for that considered; of the
 * rest, what stays free, and how far CPU and memory drift apart. Of nodes without GPUs, one that is
 * in use comes before one that is not, and of those the largest is begun, the few last that are
 * larger than all others.
 *
 * <p>The idea to score by what a placement does to the node's use for the pods to come is that of
 * fragmentation gradient descent (Weng et al., "Beware of Fragmentation", USENIX ATC 2023). There
 * one further pod is looked ahead; here what is left is filled until nothing fits, which tells
 * remainders that add up from those that do not.
 */
public final class FragmentationAware implements Packing {
  public static final String NAME = "FragmentationAware";

  /** How much what stays free weighs, in thousandths of a GPU for a whole largest node. */
  private static final double REST = 200;

  /** How much drifting apart weighs beside what stays free. */
  private static final double DRIFT = 3;

  /**
   * A node without GPUs that is in use is better by as much as a whole GPU lost. Nodes with GPUs
   * get no such preference: filling up the one in use, whatever fits, was measured to strand more.
   */
  private static final double IN_USE = 1000;

  /** Where CPU or memory run short, lighter pods still come: the loss is far from proportional. */
  private static final double SHORTAGE = 0.2;

  private final Workload workload = new Workload();
  private final Maxima maxima;
  private final boolean bigFirst;

  public FragmentationAware(Cluster cluster) {
    this(cluster, false);
  }

  private FragmentationAware(Cluster cluster, boolean bigFirst) {
    this.maxima = new Maxima(cluster);
    this.bigFirst = bigFirst;
  }

  /** The same for pods of which the big ones come first: no node need be kept for them. */
  public static FragmentationAware forBigFirst(Cluster cluster) {
    return new FragmentationAware(cluster, true);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void saw(PodShape shape) {
    workload.saw(shape);
  }

  @Override
  public long epoch() {
    maxima.refresh();
    return workload.epoch() + maxima.epoch();
  }

  @Override
  public Packer bind(PodShape shape, Cluster cluster) {
    return new Scorer(shape);
  }

  private final class Scorer implements Packer {
    private final PodShape shape;
    private final long cpu;
    private final long memory;

    Scorer(PodShape shape) {
      this.shape = shape;
      this.cpu = shape.request(ResourceIndex.CPU);
      this.memory = shape.request(ResourceIndex.MEMORY);
    }

    @Override
    public double raw(Node node) {
      double worth = rest(node);
      if (node.gpus().count() > 0) {
        worth -= loss(node, shape.gpuShare() > 0 ? shareOn(node) : -1);
      }
      return 50 + 50 * (worth / (1000 + Math.abs(worth)));
    }

    @Override
    public int shareOn(Node node) {
      Gpus gpus = node.gpus();
      int best = -1;
      double least = 0;
      for (int device = 0; device < gpus.count(); device++) {
        if (gpus.free(device) < shape.gpuShare()) {
          continue;
        }
        double loss = loss(node, device);
        if (best < 0 || loss < least) {
          best = device;
          least = loss;
        }
      }
      return best;
    }

    /** What the pods to come will fill less of the GPUs, beyond what this pod fills itself. */
    private double loss(Node node, int shareOn) {
      double before = worth(node, -1, 0, 0, 0);
      double after = worth(node, shareOn, shape.gpus(), cpu, memory);
      return before - after - shape.gpuShare() - 1000.0 * shape.gpus();
    }

    private double worth(Node node, int shareOn, int taken, long lessCpu, long lessMemory) {
      Gpus gpus = node.gpus();
      double fill = 0;
      double wantedCpu = 0;
      double wantedMemory = 0;
      int whole = -taken;
      for (int device = 0; device < gpus.count(); device++) {
        int left = gpus.free(device) - (device == shareOn ? shape.gpuShare() : 0);
        if (left == Gpus.WHOLE) {
          whole++;
        } else {
          fill += workload.fill(left);
          wantedCpu += workload.cpu(left);
          wantedMemory += workload.memory(left);
        }
      }
      if (whole > 0) {
        fill += workload.together(whole) * workload.fill(Gpus.WHOLE);
        wantedCpu += whole * workload.cpu(Gpus.WHOLE);
        wantedMemory += whole * workload.memory(Gpus.WHOLE);
      }
      return fill
          * enough((double) node.free(ResourceIndex.CPU) - lessCpu, wantedCpu)
          * enough((double) node.free(ResourceIndex.MEMORY) - lessMemory, wantedMemory);
    }

    private static double enough(double have, double wanted) {
      if (wanted <= have || wanted <= 0) {
        return 1;
      }
      return have <= 0 ? 0 : Math.pow(have / wanted, SHORTAGE);
    }

    private double rest(Node node) {
      double cpuLeft = (double) node.free(ResourceIndex.CPU) - cpu;
      double memoryLeft = (double) node.free(ResourceIndex.MEMORY) - memory;
      int gpus = node.gpus().count();
      if (gpus == 0 && !node.inUse()) {
        // The largest: what comes next shall not need another. But not the few that are larger
        // than all others: there will be pods that fit nowhere else.
        return REST * (part(cpuLeft, maxima.cpu()) + part(memoryLeft, maxima.memory())) / 3
            - (!bigFirst && maxima.rarelyLarge(node) ? REST : 0);
      }
      double gpuLeft = node.gpus().sum() - shape.gpuShare() - 1000.0 * shape.gpus();
      double left =
          part(cpuLeft, (double) node.allocatable(ResourceIndex.CPU))
              + part(memoryLeft, (double) node.allocatable(ResourceIndex.MEMORY))
              + part(gpuLeft, 1000.0 * gpus);
      double drift = apart(node, cpu, memory) - apart(node, 0, 0);
      return (gpus == 0 ? IN_USE : 0) - REST / 3 * (left + DRIFT * drift);
    }

    private static double apart(Node node, long lessCpu, long lessMemory) {
      double cpuFree = (double) node.free(ResourceIndex.CPU) - lessCpu;
      double memoryFree = (double) node.free(ResourceIndex.MEMORY) - lessMemory;
      return Math.abs(
          part(cpuFree, (double) node.allocatable(ResourceIndex.CPU))
              - part(memoryFree, (double) node.allocatable(ResourceIndex.MEMORY)));
    }

    private static double part(double amount, double of) {
      return of <= 0 ? 0 : amount / of;
    }
  }
}
