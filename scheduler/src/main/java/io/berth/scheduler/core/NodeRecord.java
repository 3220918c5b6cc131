package io.berth.scheduler.core;

import java.util.List;
import java.util.Map;

/**
 * A node as the API describes it. Immutable; the array must not be changed.
 *
 * @param name the node's name
 * @param labels its labels
 * @param taints its taints
 * @param unschedulable whether it is cordoned
 * @param allocatable what pods may take, by slot
 * @param images the sizes in bytes of the images that it has, by name
 */
public record NodeRecord(
    String name,
    Map<String, String> labels,
    List<Taint> taints,
    boolean unschedulable,
    long[] allocatable,
    Map<String, Long> images) {
  public NodeRecord {
    labels = Map.copyOf(labels);
    taints = List.copyOf(taints);
    images = Map.copyOf(images);
  }

  public long allocatable(int slot) {
    return slot < allocatable.length ? allocatable[slot] : 0;
  }
}
