package io.berth.scheduler.packing;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.preferences.Rating;

/**
 * How pods are packed onto nodes: the scoring strategy of {@code NodeResourcesFit}. Not safe for
 * use by several threads.
 */
public interface Packing {
  /** The strategy's name, as in the scheduler's configuration. */
  String name();

  /** The strategy for the pods of one shape. */
  Packer bind(PodShape shape, Cluster cluster);

  /** Told of each pod that comes to be decided: what comes is the best guess of what will. */
  default void saw(PodShape shape) {}

  /** Rises when scores that were given before do not hold any more. */
  default long epoch() {
    return 0;
  }

  /**
   * A strategy, bound to the pods of one shape: how well a node suits, 0 to 100. It looks at
   * nothing of the node but what it has, what is taken of that and whether it is in use.
   */
  interface Packer extends Rating {
    @Override
    default Scale scale() {
      return Scale.NONE;
    }

    /** The GPU of a node on which the pod's share goes, -1 where none has room. */
    default int shareOn(Node node) {
      return -1;
    }
  }
}
