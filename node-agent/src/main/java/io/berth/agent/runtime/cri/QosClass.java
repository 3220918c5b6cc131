package io.berth.agent.runtime.cri;

import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.Resources;
import java.util.List;

/** Kubernetes' classes of service, which say whom the kernel kills first when memory runs out. */
enum QosClass {
  GUARANTEED,
  BURSTABLE,
  BEST_EFFORT;

  private static final int GUARANTEED_ADJUSTMENT = -997;
  private static final int BEST_EFFORT_ADJUSTMENT = 1000;

  /** The class of a pod with these containers. */
  static QosClass of(List<ContainerSpec> containers) {
    List<Resources> all = containers.stream().map(ContainerSpec::resources).toList();
    if (all.stream().allMatch(Resources.NONE::equals)) {
      return BEST_EFFORT;
    }
    return all.stream().allMatch(QosClass::bounded) ? GUARANTEED : BURSTABLE;
  }

  private static boolean bounded(Resources r) {
    return r.cpuLimitMillis() > 0
        && r.memoryLimitBytes() > 0
        && (r.cpuRequestMillis() == 0 || r.cpuRequestMillis() == r.cpuLimitMillis())
        && (r.memoryRequestBytes() == 0 || r.memoryRequestBytes() == r.memoryLimitBytes());
  }

  /** The more of the machine's memory a container asked for, the later it is killed. */
  int oomScoreAdjustment(long memoryRequestBytes, long memoryCapacity) {
    return switch (this) {
      case GUARANTEED -> GUARANTEED_ADJUSTMENT;
      case BEST_EFFORT -> BEST_EFFORT_ADJUSTMENT;
      case BURSTABLE ->
          Math.clamp(
              1000 - 1000 * memoryRequestBytes / Math.max(1, memoryCapacity),
              3,
              BEST_EFFORT_ADJUSTMENT - 1);
    };
  }
}
