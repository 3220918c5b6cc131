package io.berth.scheduler.preferences;

import io.berth.scheduler.cluster.GroupKey;
import io.berth.scheduler.cluster.Node;
import org.jspecify.annotations.Nullable;

/**
 * A preference, bound to the pods of one shape. Raw values of the nodes that a pod may go to are
 * brought to 0..100 over these nodes, as {@link #scale} says. Not safe for use by several threads.
 */
public interface Rating extends AutoCloseable {
  /** How raw values become 0..100. */
  enum Scale {
    /** They are 0..100 already. */
    NONE,
    /** The largest becomes 100, zero stays. */
    TO_LARGEST,
    /** Zero becomes 100, the largest 0. */
    REVERSED,
    /** The largest becomes 100, the smallest 0; all 0 where they are equal. */
    SMALLEST_TO_LARGEST,
    /** The smallest becomes 100, others fall by their excess; what is no number becomes 0. */
    EVENNESS
  }

  Scale scale();

  /** A node's raw value. */
  double raw(Node node);

  /** Whether a node's raw value depends on that node alone, so that it holds until it changes. */
  default boolean local() {
    return true;
  }

  /** Of a rating that is not local, as {@link io.berth.scheduler.rules.Check#key}. */
  default void key(int node, GroupKey key) {}

  /** As {@link io.berth.scheduler.rules.Check#silent}: all nodes are equal to it. */
  default boolean silent() {
    return false;
  }

  /** As {@link io.berth.scheduler.rules.Check#structure}. */
  default long structure() {
    return 0;
  }

  /**
   * Told before a decision's first {@link #raw} which nodes the pod may go to.
   *
   * @param some one node of each group of nodes that are alike, by index
   * @param sizes how many nodes there are in each group
   * @param count how many groups there are
   */
  default void begin(int[] some, int[] sizes, int count) {}

  /** As {@link io.berth.scheduler.rules.Check#changed}. */
  default void changed(int index, @Nullable Node node) {}

  /** Gives back what it keeps. */
  @Override
  default void close() {}
}
