package io.berth.scheduler.core;

import java.util.ArrayList;
import java.util.List;

/**
 * Gives each resource name a slot, so that amounts are arrays of longs. CPU is in thousandths,
 * memory and storage in bytes, all others in units. Slots are never taken back: clusters know few
 * resource names. Safe for use by many threads.
 */
public final class ResourceIndex {
  public static final int CPU = 0;
  public static final int MEMORY = 1;
  public static final int EPHEMERAL_STORAGE = 2;
  public static final int PODS = 3;

  /** Thousandths of GPUs: up to 1,000 a share of one device, beyond it whole devices. */
  public static final int GPU_MILLI = 4;

  /** Whole GPUs under the names that device plugins give them, in the slots after GPU_MILLI. */
  private static final List<String> WHOLE_GPUS =
      List.of("berth.io/gpu", "nvidia.com/gpu", "amd.com/gpu");

  private static final List<String> KNOWN =
      List.of("cpu", "memory", "ephemeral-storage", "pods", "berth.io/gpu-milli");

  private final List<String> names = new ArrayList<>(KNOWN);

  public ResourceIndex() {
    names.addAll(WHOLE_GPUS);
  }

  /** Whether a slot counts whole GPUs. */
  public static boolean isWholeGpu(int slot) {
    return slot > GPU_MILLI && slot <= GPU_MILLI + WHOLE_GPUS.size();
  }

  /** The slot of a name; a new one where it was not seen before. */
  public synchronized int slot(String name) {
    int known = names.indexOf(name);
    if (known >= 0) {
      return known;
    }
    names.add(name);
    return names.size() - 1;
  }

  public synchronized String name(int slot) {
    return names.get(slot);
  }

  public synchronized int size() {
    return names.size();
  }
}
