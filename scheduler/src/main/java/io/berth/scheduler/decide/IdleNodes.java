package io.berth.scheduler.decide;

import io.berth.scheduler.cluster.ChangeLog;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.ResourceIndex;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that are not in use, those together of which as much is there and taken: to how pods
 * are packed they are equal, and one stands for all. The others with what is left of their CPU and
 * memory, to pass over at a glance those that are full. Catches up with what changed when it is
 * asked. Not safe for use by several threads.
 */
final class IdleNodes {
  /** What a node has, and what is taken of it by pods that do not count as use. */
  private record Size(long[] allocatable, long[] requested) {
    static Size of(Node node) {
      long[] allocatable = node.record().allocatable();
      long[] requested = new long[allocatable.length];
      for (int slot = 0; slot < requested.length; slot++) {
        requested[slot] = node.requested(slot);
      }
      return new Size(allocatable, requested);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Size o
          && Arrays.equals(allocatable, o.allocatable)
          && Arrays.equals(requested, o.requested);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(allocatable) + Arrays.hashCode(requested);
    }
  }

  private final Cluster cluster;
  private final Map<Size, BitSet> idle = new HashMap<>();
  private final BitSet busy = new BitSet();
  private @Nullable Size[] sizes = new Size[16];
  private long[] cpu = new long[16];
  private long[] memory = new long[16];
  private long seen = -1;

  IdleNodes(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Takes in all that changed since the last call. */
  private void refresh() {
    ChangeLog changes = cluster.changes();
    if (seen < 0 || !changes.reaches(seen)) {
      seen = changes.end();
      for (int index = 0; index < Math.max(cluster.end(), sizes.length); index++) {
        look(index);
      }
    }
    for (; seen < changes.end(); seen++) {
      look(changes.at(seen));
    }
  }

  /**
   * The node with the highest score that will do, of equals the lowest index; -1 where none will.
   *
   * @param score of a node; equal for idle nodes of one size, unless each is single
   * @param will whether a node will do; asked of few
   * @param wantedCpu no node will do with less left
   * @param wantedMemory nor with less of this
   * @param single whether idle nodes of one size may differ in their scores
   */
  int best(
      ToDoubleFunction<Node> score,
      Predicate<Node> will,
      long wantedCpu,
      long wantedMemory,
      boolean single) {
    refresh();
    int best = -1;
    double highest = Double.NEGATIVE_INFINITY;
    for (int index = busy.nextSetBit(0); index >= 0; index = busy.nextSetBit(index + 1)) {
      if (cpu[index] < wantedCpu || memory[index] < wantedMemory) {
        continue;
      }
      Node node = at(index);
      double value = score.applyAsDouble(node);
      if (value > highest && will.test(node)) {
        best = index;
        highest = value;
      }
    }
    for (BitSet alike : idle.values()) {
      for (int index = alike.nextSetBit(0); index >= 0; index = alike.nextSetBit(index + 1)) {
        Node node = at(index);
        double value = score.applyAsDouble(node);
        boolean better = value > highest || (value == highest && index < best);
        if (better && will.test(node)) {
          best = index;
          highest = value;
        }
        if (!single && (best == index || !better)) {
          break; // the others of its size are no better
        }
      }
    }
    return best;
  }

  private Node at(int index) {
    return Objects.requireNonNull(cluster.at(index));
  }

  private void look(int index) {
    grow(index);
    Node node = index < cluster.end() ? cluster.at(index) : null;
    if (node != null) {
      cpu[index] = node.free(ResourceIndex.CPU);
      memory[index] = node.free(ResourceIndex.MEMORY);
    }
    if (node != null && busy.get(index) && node.inUse()) {
      return; // as most changes leave it
    }
    leave(index);
    if (node == null) {
      return;
    }
    if (node.inUse() || node.gpus().whole() < node.gpus().count()) {
      busy.set(index);
    } else {
      Size size = Size.of(node);
      sizes[index] = size;
      idle.computeIfAbsent(size, s -> new BitSet()).set(index);
    }
  }

  private void leave(int index) {
    busy.clear(index);
    Size size = sizes[index];
    if (size == null) {
      return;
    }
    sizes[index] = null;
    BitSet alike = idle.get(size);
    if (alike != null) {
      alike.clear(index);
      if (alike.isEmpty()) {
        idle.remove(size);
      }
    }
  }

  private void grow(int index) {
    if (index >= sizes.length) {
      int length = Math.max(index + 1, 2 * sizes.length);
      sizes = Arrays.copyOf(sizes, length);
      cpu = Arrays.copyOf(cpu, length);
      memory = Arrays.copyOf(memory, length);
    }
  }
}
