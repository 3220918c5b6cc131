package io.berth.agent.runtime.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's side of a machine's CPU limit: a cgroup for its QEMU, in version 1 or 2, whichever the
 * node has. The containers have their limits inside the guest; this one bounds what the guest's
 * kernel and QEMU take beside them. Where the agent may not make cgroups, it says so and goes
 * without.
 */
final class MachineCgroup {
  private static final Logger log = LoggerFactory.getLogger(MachineCgroup.class);
  private static final long PERIOD_MICROS = 100_000;

  private final Path directory;
  private final boolean unified;

  /**
   * @param root where cgroups are mounted, {@code /sys/fs/cgroup}
   * @param parent the agent's own name, so that several agents share a node
   * @param machine the machine's id
   */
  MachineCgroup(Path root, String parent, String machine) {
    unified = Files.exists(root.resolve("cgroup.controllers"));
    directory =
        (unified ? root : root.resolve("cpu")).resolve("berth-" + parent).resolve("vm-" + machine);
  }

  /**
   * Moves QEMU in and gives it its share.
   *
   * @param requestMillis thousandths of a CPU
   */
  void join(long pid, long requestMillis) {
    try {
      Files.createDirectories(directory);
      if (unified) {
        for (Path up = directory.getParent(); up != null; up = up.getParent()) {
          Path control = up.resolve("cgroup.subtree_control");
          if (!Files.exists(control)) {
            break;
          }
          Files.writeString(control, "+cpu");
        }
        write("cpu.weight", Long.toString(StartRequest.weight(requestMillis)));
      } else {
        write("cpu.shares", Long.toString(Math.max(2, requestMillis * 1024 / 1000)));
      }
      write("cgroup.procs", Long.toString(pid));
    } catch (IOException e) {
      log.info("machine runs without cgroup path={} reason={}", directory, e.toString());
    }
  }

  /**
   * Sets the limit; only once the guest has booted, since a small one would hold up the boot.
   *
   * @param limitMillis thousandths of a CPU, 0 for none
   */
  void limit(long limitMillis) {
    if (limitMillis == 0 || !Files.exists(directory)) {
      return;
    }
    long quota = limitMillis * PERIOD_MICROS / 1000;
    try {
      if (unified) {
        write("cpu.max", String.format(Locale.ROOT, "%d %d", quota, PERIOD_MICROS));
      } else {
        write("cpu.cfs_period_us", Long.toString(PERIOD_MICROS));
        write("cpu.cfs_quota_us", Long.toString(quota));
      }
    } catch (IOException e) {
      log.info("machine has no cpu limit path={} reason={}", directory, e.toString());
    }
  }

  private void write(String file, String value) throws IOException {
    Files.writeString(directory.resolve(file), value);
  }

  /** Deletes it once its QEMU is gone. */
  void remove() {
    try {
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      log.debug("cgroup stays path={} reason={}", directory, e.toString());
    }
  }
}
