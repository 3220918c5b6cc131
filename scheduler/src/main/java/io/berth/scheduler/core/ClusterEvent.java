package io.berth.scheduler.core;

/** What happens in a cluster that may help a pod that waits. */
public enum ClusterEvent {
  NODE_ADDED,
  NODE_REMOVED,
  NODE_ALLOCATABLE_CHANGED,
  NODE_LABELS_CHANGED,
  NODE_TAINTS_CHANGED,
  /** A pod was placed, or its labels changed. */
  POD_ADDED,
  /** A pod that held a node's resources is gone, or asks for less. */
  POD_LEFT,
  /** The waiting pod itself was changed. */
  POD_CHANGED,
  /** A claim, a volume or a storage class came or changed. */
  STORAGE_CHANGED,
  /** A pod group is complete now, or asks for less. */
  GROUP_CHANGED
}
