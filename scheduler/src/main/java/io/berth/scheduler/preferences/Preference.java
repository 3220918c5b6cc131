package io.berth.scheduler.preferences;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.PodShape;
import org.jspecify.annotations.Nullable;

/** What makes one node better than another that a pod may go to as well: a score plugin. */
public interface Preference {
  /** The name, as in the scheduler's configuration. */
  String name();

  /**
   * The preference for the pods of one shape, on the cluster as it is and will be.
   *
   * @return null where such pods do not care, whatever becomes of the cluster
   */
  @Nullable Rating bind(PodShape shape, Cluster cluster);
}
