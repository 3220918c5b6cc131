package io.berth.scheduler.core;

import java.util.List;

/**
 * What only some decisions about a pod ask for. Immutable.
 *
 * @param schedulerName the name of the scheduler that is to place it
 * @param preempts whether it may push out pods of lower priority
 * @param terminating whether it is being deleted: spread constraints do not count it any more
 * @param startedMillis when it started, in milliseconds of the epoch; 0 for not yet
 * @param nominatedNode where room is being made for it, or empty
 * @param group the pod group that it is placed with, or empty
 * @param devices the GPUs of its node that were given to it
 * @param volumes what it mounts that not every node can give it
 * @param obstacles what keeps it from being decided at all
 */
public record PodDetails(
    String schedulerName,
    boolean preempts,
    boolean terminating,
    long startedMillis,
    String nominatedNode,
    String group,
    List<Integer> devices,
    PodVolumes volumes,
    Obstacles obstacles) {
  public static final PodDetails PLAIN =
      new PodDetails("", true, false, 0, "", "", List.of(), PodVolumes.NONE, Obstacles.NONE);

  public PodDetails {
    devices = List.copyOf(devices);
  }

  /** The persistent volume claims that it mounts. */
  public List<ClaimName> claims() {
    return volumes.claims();
  }

  public PodDetails withNominatedNode(String name) {
    return name.equals(nominatedNode)
        ? this
        : new PodDetails(
            schedulerName,
            preempts,
            terminating,
            startedMillis,
            name,
            group,
            devices,
            volumes,
            obstacles);
  }

  public PodDetails withVolumes(PodVolumes mounted) {
    return new PodDetails(
        schedulerName,
        preempts,
        terminating,
        startedMillis,
        nominatedNode,
        group,
        devices,
        mounted,
        obstacles);
  }
}
