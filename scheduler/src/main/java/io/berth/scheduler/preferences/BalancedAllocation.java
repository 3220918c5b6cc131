package io.berth.scheduler.preferences;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Nodes of which, with the pod, as large a part of each resource is taken: by the standard
 * deviation of these parts. Pods that ask for none of the resources do not care.
 */
public final class BalancedAllocation implements Preference {
  public static final String NAME = "NodeResourcesBalancedAllocation";

  private final int[] slots;

  /**
   * @param slots the resources that are to be balanced
   */
  public BalancedAllocation(List<Integer> slots) {
    this.slots = slots.stream().mapToInt(Integer::intValue).toArray();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public @Nullable Rating bind(PodShape shape, Cluster cluster) {
    for (int slot : slots) {
      if (shape.request(slot) > 0) {
        return new Balance(shape, slots);
      }
    }
    return null;
  }

  private record Balance(PodShape shape, int[] slots) implements Rating {
    @Override
    public Scale scale() {
      return Scale.NONE;
    }

    @Override
    public double raw(Node node) {
      double mean = 0;
      int count = 0;
      for (int slot : slots) {
        if (counts(node, slot)) {
          mean += part(node, slot);
          count++;
        }
      }
      if (count < 2) {
        return 100;
      }
      mean /= count;
      double squares = 0;
      for (int slot : slots) {
        if (counts(node, slot)) {
          double off = part(node, slot) - mean;
          squares += off * off;
        }
      }
      return 100 * (1 - Math.sqrt(squares / count));
    }

    /** Of what only some nodes have, only what the pod asks for is looked at. */
    private boolean counts(Node node, int slot) {
      return node.allocatable(slot) > 0 && (slot <= ResourceIndex.PODS || shape.request(slot) > 0);
    }

    private double part(Node node, int slot) {
      double taken = (double) node.requested(slot) + shape.request(slot);
      return Math.min(1, taken / node.allocatable(slot));
    }
  }
}
