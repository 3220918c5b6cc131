package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.Resources;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;

/**
 * How big a machine is for a pod.
 *
 * @param processors virtual CPUs
 * @param memoryMiB RAM
 */
record MachineSize(int processors, long memoryMiB) {
  /** What containers get that name no limit. */
  static final long DEFAULT_MEMORY_MIB = 256;

  /** For the guest's kernel and program, which take up to 60 MiB; part of the class's overhead. */
  static final long GUEST_MEMORY_MIB = 96;

  private static final long MIB = 1024 * 1024;

  /**
   * The pod's limits and the guest's own need on top. Where a container has no limit, the machine
   * is the limit: it gets the requests, and at least a default.
   */
  static MachineSize of(SandboxSpec spec) {
    Resources sum = spec.resources();
    boolean limited =
        !spec.containers().isEmpty()
            && spec.containers().stream().allMatch(MachineSize::memoryLimited);
    long bytes = Math.max(sum.memoryLimitBytes(), sum.memoryRequestBytes());
    long memory = (bytes + MIB - 1) / MIB;
    if (!limited || memory == 0) {
      memory = Math.max(memory, DEFAULT_MEMORY_MIB);
    }
    long millis = Math.max(sum.cpuLimitMillis(), sum.cpuRequestMillis());
    int processors = (int) Math.max(1, Math.min(255, (millis + 999) / 1000));
    return new MachineSize(processors, memory + GUEST_MEMORY_MIB);
  }

  private static boolean memoryLimited(ContainerSpec container) {
    return container.resources().memoryLimitBytes() > 0;
  }
}
