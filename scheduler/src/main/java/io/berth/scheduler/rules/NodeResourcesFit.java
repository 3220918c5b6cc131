package io.berth.scheduler.rules;

import static io.berth.scheduler.core.ClusterEvent.NODE_ADDED;
import static io.berth.scheduler.core.ClusterEvent.NODE_ALLOCATABLE_CHANGED;
import static io.berth.scheduler.core.ClusterEvent.POD_LEFT;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.core.ResourceIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A node must have left what a pod asks for, of every resource; its GPUs one by one. */
public final class NodeResourcesFit implements Rule {
  public static final String NAME = "NodeResourcesFit";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Check bind(PodShape shape, Cluster cluster) {
    return new Fit(shape, cluster.resources());
  }

  @Override
  public Set<ClusterEvent> helpedBy() {
    return Set.of(NODE_ADDED, NODE_ALLOCATABLE_CHANGED, POD_LEFT);
  }

  private static final class Fit implements Check {
    private final PodShape shape;
    private final int[] slots;
    private final long[] wanted;

    /** For each of the slots: where the node is too full, and where it is too small. */
    private final Rejection[] full;

    private final Rejection[] small;

    Fit(PodShape shape, ResourceIndex resources) {
      this.shape = shape;
      long[] requests = shape.requests();
      this.slots =
          java.util.stream.IntStream.range(0, requests.length)
              .filter(slot -> requests[slot] > 0)
              .toArray();
      this.wanted = java.util.Arrays.stream(slots).mapToLong(slot -> requests[slot]).toArray();
      this.full = new Rejection[slots.length];
      this.small = new Rejection[slots.length];
      for (int i = 0; i < slots.length; i++) {
        String reason =
            slots[i] == ResourceIndex.PODS
                ? "Too many pods"
                : "Insufficient " + resources.name(slots[i]);
        full[i] = Rejection.resolvable(NAME, reason);
        small[i] = Rejection.unresolvable(NAME, reason);
      }
    }

    @Override
    public @Nullable Rejection test(Node node) {
      for (int i = 0; i < slots.length; i++) {
        if (wanted[i] > node.free(slots[i])) {
          return insufficient(node, i);
        }
      }
      return shape.wantsGpu() && !node.gpus().fit(shape) ? scattered(node) : null;
    }

    @Override
    public List<Rejection> explain(Node node) {
      List<Rejection> rejections = new ArrayList<>(1);
      for (int i = 0; i < slots.length; i++) {
        if (wanted[i] > node.free(slots[i])) {
          rejections.add(insufficient(node, i));
        }
      }
      if (rejections.isEmpty() && shape.wantsGpu() && !node.gpus().fit(shape)) {
        rejections.add(scattered(node));
      }
      return rejections;
    }

    /** No pod's leaving helps where the whole node is too small. */
    private Rejection insufficient(Node node, int i) {
      return wanted[i] <= node.allocatable(slots[i]) ? full[i] : small[i];
    }

    private Rejection scattered(Node node) {
      boolean everFits = shape.gpus() + (shape.gpuShare() > 0 ? 1 : 0) <= node.gpus().count();
      String reason =
          shape.gpuShare() > 0
              ? "no GPU had " + shape.gpuShare() + " thousandths left"
              : "Insufficient untouched GPUs";
      return new Rejection(NAME, reason, everFits);
    }
  }
}
