package io.berth.scheduler.core;

import java.util.List;

/**
 * The cluster at one moment.
 *
 * @param nodes in the order of their names
 */
public record Snapshot(List<NodeState> nodes) {}
