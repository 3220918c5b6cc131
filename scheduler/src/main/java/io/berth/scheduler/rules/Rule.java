package io.berth.scheduler.rules;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodShape;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A rule that keeps pods from nodes: what Kubernetes calls a filter. */
public interface Rule {
  /** The rule's name, as in the scheduler's configuration. */
  String name();

  /**
   * The rule for the pods of one shape, on the cluster as it is and will be.
   *
   * @return null where the rule cannot keep such pods from any node now; what makes that change
   *     must change the shape or the cluster's {@link Cluster#changes()}
   */
  @Nullable Check bind(PodShape shape, Cluster cluster);

  /** What may make a pod fit that this rule turned away everywhere. */
  Set<ClusterEvent> helpedBy();
}
