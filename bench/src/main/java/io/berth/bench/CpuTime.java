package io.berth.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** CPU time of processes of this machine, from {@code /proc}. */
final class CpuTime {
  /** What the kernel counts in: 100 a second on every Linux in use. */
  private static final long TICK_NANOS = 10_000_000;

  private static final int USER = 13;
  private static final int SYSTEM = 14;

  private CpuTime() {}

  /**
   * User and system time of all these processes since they began, in nanoseconds; dead ones count
   * 0.
   */
  static long nanos(List<Long> pids) {
    long sum = 0;
    for (long pid : pids) {
      sum += nanos(pid);
    }
    return sum;
  }

  private static long nanos(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      // The second field is the command in parentheses and may hold blanks.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[USER - 2]) + Long.parseLong(fields[SYSTEM - 2])) * TICK_NANOS;
    } catch (IOException e) {
      return 0;
    }
  }

  /** CPU time of this process in nanoseconds. */
  static long own() {
    return nanos(ProcessHandle.current().pid());
  }

  /** Resident memory of all these processes in bytes. */
  static long residentBytes(List<Long> pids) {
    long sum = 0;
    for (long pid : pids) {
      try {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
          if (line.startsWith("VmRSS:")) {
            sum += Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
          }
        }
      } catch (IOException e) {
        // It ended: it holds nothing.
      }
    }
    return sum;
  }
}
