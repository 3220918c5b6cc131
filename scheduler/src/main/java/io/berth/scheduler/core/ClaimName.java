package io.berth.scheduler.core;

/**
 * A persistent volume claim that a pod mounts.
 *
 * @param name its name in the pod's namespace
 * @param ephemeral whether it is made for the pod and belongs to it
 */
public record ClaimName(String name, boolean ephemeral) {}
