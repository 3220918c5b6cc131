package io.berth.agent.stats;

import io.berth.agent.cgroup.CgroupUsage;
import io.berth.agent.runtime.RuntimeDriver;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the node and its pods used when one looked last.
 *
 * @param at when
 * @param node the whole machine
 * @param pods by uid
 */
public record Sample(Instant at, Use node, Map<String, OfPod> pods) {
  /** Before the first look. */
  static final Sample NONE =
      new Sample(
          Instant.EPOCH,
          new Use(Instant.EPOCH, new CgroupUsage(0, 0, 0, 0, 0, 0, 0, 0, 0), -1, 0),
          Map.of());

  /**
   * What something used.
   *
   * @param at when it was read
   * @param usage since its beginning, or as it was then
   * @param nanoCores billionths of a CPU between this look and the one before; -1 while there was
   *     only one
   * @param windowNanos the time between the two
   */
  public record Use(Instant at, CgroupUsage usage, long nanoCores, long windowNanos) {}

  /**
   * A pod.
   *
   * @param sandbox the one that is up
   * @param group its control group
   * @param use null where it has no group of its own
   * @param containers those that run
   */
  public record OfPod(
      RuntimeDriver driver,
      RuntimeDriver.Sandbox sandbox,
      String group,
      @Nullable Use use,
      List<OfContainer> containers) {}

  /**
   * A container.
   *
   * @param group its control group, empty where the node sees none: in a machine
   */
  public record OfContainer(RuntimeDriver.Container container, String group, Use use) {}
}
