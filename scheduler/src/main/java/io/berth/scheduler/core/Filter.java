package io.berth.scheduler.core;

import java.util.List;

/** A rule that forbids nodes to pods. Pure. */
public interface Filter {
  /** The rule's name, as in the scheduler's configuration. */
  String name();

  /**
   * Why the pod may not go to the node, in Kubernetes' words; empty where it may. Several reasons
   * where a node lacks several resources.
   */
  List<String> reasons(PodRecord pod, NodeState node);

  /** What may make a pod fit that this rule turned away everywhere. */
  List<ClusterEvent> helpedBy();
}
