package io.berth.scheduler.preempt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that were not looked at yet, by the lowest priority that a victim there can have. What
 * is taken out stays in the heap until it comes up: most pods' shapes are asked about once, and
 * then all nodes are put in and few are taken. Not safe for use by several threads.
 */
final class OpenNodes {
  /**
   * @param rank when it is its turn among those of the same bound
   */
  record Entry(long bound, int rank, int index) implements Comparable<Entry> {
    @Override
    public int compareTo(Entry other) {
      int byBound = Long.compare(bound, other.bound);
      return byBound == 0 ? Integer.compare(rank, other.rank) : byBound;
    }
  }

  private PriorityQueue<Entry> heap = new PriorityQueue<>();

  /** By node, the entry that counts: others of the node in the heap are old. */
  private @Nullable Entry[] valid = new Entry[0];

  /** Put in since {@link #clear}, to be ordered all at once. */
  private @Nullable List<Entry> fresh;

  /** Takes all out; those that follow are put in at once. */
  void clear(int nodes) {
    valid = new Entry[nodes];
    fresh = new ArrayList<>(nodes);
  }

  void put(Entry entry) {
    if (entry.index() >= valid.length) {
      valid = Arrays.copyOf(valid, Math.max(entry.index() + 1, 2 * valid.length));
    }
    valid[entry.index()] = entry;
    if (fresh != null) {
      fresh.add(entry);
    } else {
      heap.add(entry);
      if (heap.size() > 2 * valid.length + 16) {
        heap.removeIf(old -> !old.equals(valid[old.index()]));
      }
    }
  }

  void remove(int index) {
    if (index < valid.length) {
      valid[index] = null;
    }
  }

  /** Whose turn it is, or null where none is left. */
  @Nullable Entry first() {
    if (fresh != null) {
      heap = new PriorityQueue<>(fresh); // in time that is linear in their number
      fresh = null;
    }
    Entry first = heap.peek();
    while (first != null && !first.equals(valid[first.index()])) {
      heap.remove();
      first = heap.peek();
    }
    return first;
  }
}
