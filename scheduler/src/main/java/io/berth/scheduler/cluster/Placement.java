package io.berth.scheduler.cluster;

import io.berth.scheduler.core.PodRecord;

/**
 * A pod on a node. Immutable; the array must not be changed.
 *
 * @param pod the pod
 * @param node where it is
 * @param devices the node's GPUs that it has, by number; empty where it asked for none
 * @param labels its labels as the counters know them
 * @param assumed whether the API does not show it there yet
 */
public record Placement(
    PodRecord pod, Node node, int[] devices, LabelSet labels, boolean assumed) {}
