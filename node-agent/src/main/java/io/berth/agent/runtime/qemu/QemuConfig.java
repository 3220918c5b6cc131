package io.berth.agent.runtime.qemu;

import java.nio.file.Path;

/**
 * Where the QEMU driver works.
 *
 * @param dataDirectory machines and image disks are kept below it
 * @param runDirectory sockets; short, since a socket's path has at most 107 characters
 * @param kernelRoot where a guest kernel's package was unpacked, see {@link GuestKernel}; the
 *     guest's program, which is the same for all clusters of a machine, is kept beside it
 * @param cgroupRoot where cgroups are mounted
 * @param nodeName tells this agent's cgroups from another's
 * @param binary QEMU's program
 * @param scratchBytes size of what a pod can write, containers' file systems and scratch volumes
 *     together; the file is sparse
 */
public record QemuConfig(
    Path dataDirectory,
    Path runDirectory,
    Path kernelRoot,
    Path cgroupRoot,
    String nodeName,
    String binary,
    long scratchBytes) {
  private static final long SCRATCH = 10L << 30;
  private static final int LONGEST_RUN_DIRECTORY = 80;

  /** What an agent uses: all below one directory, sockets elsewhere where its path is long. */
  public static QemuConfig of(Path dataDirectory, Path kernelRoot, String nodeName) {
    Path data = dataDirectory.toAbsolutePath();
    Path run = data.resolve("run");
    if (run.toString().length() > LONGEST_RUN_DIRECTORY) {
      run = Path.of("/tmp", "berth-" + GuestFiles.key(data));
    }
    return new QemuConfig(
        data,
        run,
        kernelRoot.toAbsolutePath(),
        Path.of("/sys/fs/cgroup"),
        nodeName,
        "qemu-system-x86_64",
        SCRATCH);
  }
}
