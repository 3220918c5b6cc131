package io.berth.scheduler.volume;

import io.berth.api.object.LabelSelector;

/**
 * How much a CSI driver can still make for a storage class, and where: a CSIStorageCapacity.
 * Immutable.
 *
 * @param key namespace and name
 * @param className the storage class
 * @param nodes the nodes that reach what is made there
 * @param largest the bytes that one volume can have; below zero where that is not said
 */
public record Capacity(String key, String className, LabelSelector nodes, long largest) {}
