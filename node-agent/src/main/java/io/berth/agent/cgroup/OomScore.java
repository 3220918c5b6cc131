package io.berth.agent.cgroup;

import io.berth.api.object.QosClass;

/** The kernel's {@code oom_score_adj}: whom it kills first when memory runs out. Pure. */
public final class OomScore {
  private static final int GUARANTEED = -997;
  private static final int BEST_EFFORT = 1000;

  private OomScore() {}

  /**
   * The more of the machine's memory a container asked for, the later it is killed.
   *
   * @param memoryCapacity the machine's memory in bytes
   */
  public static int of(QosClass qos, long memoryRequestBytes, long memoryCapacity) {
    return switch (qos) {
      case GUARANTEED -> GUARANTEED;
      case BEST_EFFORT -> BEST_EFFORT;
      case BURSTABLE ->
          Math.clamp(
              1000 - 1000 * memoryRequestBytes / Math.max(1, memoryCapacity),
              1000 + GUARANTEED,
              BEST_EFFORT - 1);
    };
  }
}
