package io.berth.scheduler.core;

/**
 * A node selector term that a pod would like its node to match.
 *
 * @param weight 1 to 100
 */
public record NodePreference(int weight, NodeTerm term) {}
