package io.berth.scheduler.packing;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleBiFunction;

/**
 * The strategies that look at nothing but what a node has, what is taken of it and what the pod
 * asks for.
 */
public final class PlainPackings {
  /** A resource and how much it counts beside the others. */
  public record Weighted(int slot, double weight) {}

  /**
   * A point of a curve.
   *
   * @param utilization 0 to 100
   * @param score 0 to 10
   */
  public record Point(int utilization, int score) {}

  public static final List<Weighted> CPU_AND_MEMORY =
      List.of(new Weighted(ResourceIndex.CPU, 1), new Weighted(ResourceIndex.MEMORY, 1));

  /**
   * @param clock rises when what the score compares with changed
   */
  private record Plain(String name, ToDoubleBiFunction<PodShape, Node> score, LongSupplier clock)
      implements Packing {
    @Override
    public Packer bind(PodShape shape, Cluster cluster) {
      return new Packer() {
        @Override
        public double raw(Node node) {
          return score.applyAsDouble(shape, node);
        }

        @Override
        public int shareOn(Node node) {
          return node.gpus().tightest(shape.gpuShare());
        }
      };
    }

    @Override
    public long epoch() {
      return clock.getAsLong();
    }
  }

  private PlainPackings() {}

  /** The larger the part of a node that is in use with the pod, the better. */
  public static Packing mostAllocated(List<Weighted> resources) {
    return new Plain(
        "MostAllocated", (shape, node) -> 100 * allocated(shape, node, resources), () -> 0);
  }

  /** The larger the part of a node that is left with the pod, the better. */
  public static Packing leastAllocated(List<Weighted> resources) {
    return new Plain(
        "LeastAllocated", (shape, node) -> 100 - 100 * allocated(shape, node, resources), () -> 0);
  }

  /** By a curve over the part of a node that is in use with the pod. */
  public static Packing requestedToCapacityRatio(List<Weighted> resources, List<Point> curve) {
    return new Plain(
        "RequestedToCapacityRatio",
        (shape, node) -> {
          double sum = 0;
          double weights = 0;
          for (Weighted resource : resources) {
            if (node.allocatable(resource.slot()) > 0) {
              double used = 100 * Math.min(1, used(shape, node, resource.slot()));
              sum += resource.weight() * 10 * along(curve, used);
              weights += resource.weight();
            }
          }
          return weights == 0 ? 0 : sum / weights;
        },
        () -> 0);
  }

  private static double along(List<Point> curve, double utilization) {
    for (int i = 0; i < curve.size(); i++) {
      Point point = curve.get(i);
      if (utilization <= point.utilization()) {
        if (i == 0) {
          return point.score();
        }
        Point before = curve.get(i - 1);
        double way =
            (utilization - before.utilization()) / (point.utilization() - before.utilization());
        return before.score() + way * (point.score() - before.score());
      }
    }
    return curve.getLast().score();
  }

  private static double allocated(PodShape shape, Node node, List<Weighted> resources) {
    double sum = 0;
    double weights = 0;
    for (int i = 0; i < resources.size(); i++) {
      Weighted resource = resources.get(i);
      if (node.allocatable(resource.slot()) > 0) {
        sum += resource.weight() * Math.min(1, used(shape, node, resource.slot()));
        weights += resource.weight();
      }
    }
    return weights == 0 ? 0 : sum / weights;
  }

  private static double used(PodShape shape, Node node, int slot) {
    return (double) (node.requested(slot) + shape.request(slot)) / node.allocatable(slot);
  }

  /**
   * Best fit over several resources: the least that is left with the pod, in parts of the largest
   * node, is best.
   */
  public static Packing bestFit(Cluster cluster) {
    Maxima maxima = new Maxima(cluster);
    return new Plain(
        "BestFit",
        (shape, node) -> {
          double cpu = part(left(shape, node, ResourceIndex.CPU), maxima.cpu());
          double memory = part(left(shape, node, ResourceIndex.MEMORY), maxima.memory());
          double gpu = part(node.gpus().sum() - gpus(shape), maxima.gpus());
          return 100 * (1 - (cpu + memory + gpu) / 3);
        },
        () -> refreshed(maxima));
  }

  /**
   * The least product of what the pod asks for and what a node has left, in parts of the largest
   * node, is best: Tetris (Grandl et al., SIGCOMM 2014), in the direction in which "Beware of
   * Fragmentation" (Weng et al., USENIX ATC 2023) compares with it.
   */
  public static Packing dotProduct(Cluster cluster) {
    Maxima maxima = new Maxima(cluster);
    return new Plain(
        "DotProduct",
        (shape, node) -> {
          double cpu = product(shape, node, ResourceIndex.CPU, maxima.cpu());
          double memory = product(shape, node, ResourceIndex.MEMORY, maxima.memory());
          double gpu = part(node.gpus().sum(), maxima.gpus()) * part(gpus(shape), maxima.gpus());
          return 100 * (1 - (cpu + memory + gpu) / 3);
        },
        () -> refreshed(maxima));
  }

  private static long refreshed(Maxima maxima) {
    maxima.refresh();
    return maxima.epoch();
  }

  private static double left(PodShape shape, Node node, int slot) {
    return (double) node.free(slot) - shape.request(slot);
  }

  private static double gpus(PodShape shape) {
    return 1000.0 * shape.gpus() + shape.gpuShare();
  }

  private static double product(PodShape shape, Node node, int slot, double of) {
    return part((double) node.free(slot), of) * part((double) shape.request(slot), of);
  }

  private static double part(double amount, double of) {
    return of == 0 ? 0 : amount / of;
  }
}
