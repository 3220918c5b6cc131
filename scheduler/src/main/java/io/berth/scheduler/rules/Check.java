package io.berth.scheduler.rules;

import io.berth.scheduler.cluster.GroupKey;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.Rejection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A rule, bound to the pods of one shape. Not safe for use by several threads. */
public interface Check extends AutoCloseable {
  /**
   * Why a pod of the shape may not go to the node, null where it may. Makes no objects where it
   * may.
   */
  @Nullable Rejection test(Node node);

  /** All reasons, where a rule may find several. */
  default List<Rejection> explain(Node node) {
    Rejection rejection = test(node);
    return rejection == null ? List.of() : List.of(rejection);
  }

  /**
   * Whether the answer for a node depends on that node alone, so that it holds until the node
   * changes.
   */
  default boolean local() {
    return true;
  }

  /**
   * Whether, as things are, the answer for a node may change while the node and its pods do not.
   * That of a check that is not local need not: who must be alone on a host is asked about in the
   * host's own domain.
   */
  default boolean far() {
    return !local();
  }

  /**
   * Of a check that is not local: adds what its answer depends on. Nodes with equal keys get equal
   * answers at any time, and a node's key changes only when the node does, or {@link #structure}.
   */
  default void key(int node, GroupKey key) {}

  /** Rises when the keys of all nodes must be made anew. */
  default long structure() {
    return 0;
  }

  /**
   * Of a check that is not local: whether, as things are, it lets every node through and has no
   * key, even where it was not told of any change yet.
   */
  default boolean silent() {
    return false;
  }

  /**
   * Takes in that a node changed, came or went. Called for each before the next test, and for all
   * once at the beginning.
   *
   * @param node null where there is none at the index any more
   */
  default void changed(int index, @Nullable Node node) {}

  /** Gives back what it keeps. */
  @Override
  default void close() {}
}
