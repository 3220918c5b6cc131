package io.berth.agent.runtime.qemu;

import io.berth.agent.cgroup.CgroupTree;
import io.berth.agent.cgroup.CpuShare;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's side of a machine's CPU limit: a cgroup for its QEMU, in version 1 or 2, whichever the
 * node has. The containers have their limits inside the guest; this one bounds what the guest's
 * kernel and QEMU take beside them. Where the agent may not make cgroups, it says so and goes
 * without.
 */
final class MachineCgroup {
  private static final String PROCESSES = "cgroup.procs";
  private static final Logger log = LoggerFactory.getLogger(MachineCgroup.class);

  private final CgroupTree tree;
  private final String group;

  /**
   * @param mount where cgroups are mounted, {@code /sys/fs/cgroup}
   * @param parent the pod's group, or the agent's own
   * @param machine the machine's id
   */
  MachineCgroup(Path mount, String parent, String machine) {
    tree = new CgroupTree(mount);
    group = parent + "/vm-" + machine;
  }

  /**
   * Moves QEMU in and gives it its share.
   *
   * @param requestMillis thousandths of a CPU
   */
  void join(long pid, long requestMillis) {
    try {
      tree.create(group);
      if (tree.unified()) {
        tree.write("cpu", group, "cpu.weight", Long.toString(CpuShare.weight(requestMillis)));
        tree.write("", group, PROCESSES, Long.toString(pid));
        return;
      }
      tree.write("cpu", group, "cpu.shares", Long.toString(CpuShare.shares(requestMillis)));
      for (String controller : CgroupTree.OURS) {
        if (Files.isDirectory(tree.directory(controller, group))) {
          tree.write(controller, group, PROCESSES, Long.toString(pid));
        }
      }
    } catch (IOException e) {
      log.info("machine runs without cgroup group={} reason={}", group, e.toString());
    }
  }

  /**
   * Sets the limit; only once the guest has booted, since a small one would hold up the boot.
   *
   * @param limitMillis thousandths of a CPU, 0 for none
   */
  void limit(long limitMillis) {
    if (!tree.exists(group)) {
      return;
    }
    long quota = CpuShare.quota(limitMillis);
    try {
      if (tree.unified()) {
        String text = (quota < 0 ? "max" : Long.toString(quota)) + " " + CpuShare.PERIOD_MICROS;
        tree.write("cpu", group, "cpu.max", text);
      } else {
        tree.write("cpu", group, "cpu.cfs_period_us", Long.toString(CpuShare.PERIOD_MICROS));
        tree.write("cpu", group, "cpu.cfs_quota_us", Long.toString(quota));
      }
    } catch (IOException e) {
      log.info("machine has no cpu limit group={} reason={}", group, e.toString());
    }
  }

  /** Deletes it once its QEMU is gone. */
  void remove() {
    if (!tree.remove(group)) {
      log.debug("cgroup stays group={}", group);
    }
  }
}
