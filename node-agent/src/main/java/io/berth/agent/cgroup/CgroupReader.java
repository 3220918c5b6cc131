package io.berth.agent.cgroup;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads what groups use, from the files of version 1 (as cgroup-v1/memory.rst and cpuacct.rst of
 * the kernel's documentation tell) or 2 (cgroup-v2.rst): two or three small files a group, no
 * process. Safe for use by many threads.
 */
public final class CgroupReader {
  private final CgroupTree tree;

  public CgroupReader(CgroupTree tree) {
    this.tree = tree;
  }

  /**
   * What a group used.
   *
   * @return null where there is no such group
   */
  public @Nullable CgroupUsage usage(String group) {
    try {
      return tree.unified() ? unified(group) : split(group);
    } catch (IOException e) {
      return null;
    }
  }

  private CgroupUsage split(String group) throws IOException {
    long cpu =
        CgroupTree.number(
            CgroupTree.read(tree.directory("cpuacct", group).resolve("cpuacct.usage")));
    var directory = tree.directory("memory", group);
    long memory = CgroupTree.number(CgroupTree.read(directory.resolve("memory.usage_in_bytes")));
    String stat = CgroupTree.read(directory.resolve("memory.stat"));
    long idle = Math.max(0, field(stat, "total_inactive_file"));
    return new CgroupUsage(
        cpu,
        memory,
        Math.max(0, memory - idle),
        field(stat, "total_rss"),
        field(stat, "total_cache"),
        field(stat, "total_mapped_file"),
        Math.max(0, field(stat, "total_swap")),
        field(stat, "total_pgfault"),
        field(stat, "total_pgmajfault"));
  }

  private CgroupUsage unified(String group) throws IOException {
    var directory = tree.directory("", group);
    long cpu = field(CgroupTree.read(directory.resolve("cpu.stat")), "usage_usec") * 1000;
    long memory = CgroupTree.number(CgroupTree.read(directory.resolve("memory.current")));
    String stat = CgroupTree.read(directory.resolve("memory.stat"));
    long idle = Math.max(0, field(stat, "inactive_file"));
    return new CgroupUsage(
        cpu,
        memory,
        Math.max(0, memory - idle),
        field(stat, "anon"),
        field(stat, "file"),
        field(stat, "file_mapped"),
        Math.max(0, tree.number("", group, "memory.swap.current")),
        field(stat, "pgfault"),
        field(stat, "pgmajfault"));
  }

  /** The details that only a page of metrics tells. */
  public CgroupDetails details(String group) {
    return tree.unified() ? unifiedDetails(group) : splitDetails(group);
  }

  private CgroupDetails splitDetails(String group) {
    String cpu = tree.read("cpu", group, "cpu.stat");
    String time = tree.read("cpuacct", group, "cpuacct.stat");
    String bytes = tree.read("blkio", group, "blkio.throttle.io_service_bytes_recursive");
    String calls = tree.read("blkio", group, "blkio.throttle.io_serviced_recursive");
    return new CgroupDetails(
        ticks(field(time, "user")),
        ticks(field(time, "system")),
        field(cpu, "nr_periods"),
        field(cpu, "nr_throttled"),
        field(cpu, "throttled_time"),
        tree.number("cpu", group, "cpu.shares"),
        tree.number("cpu", group, "cpu.cfs_quota_us"),
        tree.number("cpu", group, "cpu.cfs_period_us"),
        limit(tree.number("memory", group, "memory.limit_in_bytes")),
        limit(tree.number("memory", group, "memory.soft_limit_in_bytes")),
        limit(tree.number("memory", group, "memory.memsw.limit_in_bytes")),
        tree.number("memory", group, "memory.max_usage_in_bytes"),
        tree.number("memory", group, "memory.failcnt"),
        Math.max(0, field(tree.read("memory", group, "memory.oom_control"), "oom_kill")),
        lines(tree.read("pids", group, "cgroup.procs")),
        tree.number("pids", group, "pids.current"),
        limit(tree.number("pids", group, "pids.max")),
        operations(bytes, "Read"),
        operations(bytes, "Write"),
        operations(calls, "Read"),
        operations(calls, "Write"));
  }

  private CgroupDetails unifiedDetails(String group) {
    String cpu = tree.read("", group, "cpu.stat");
    String io = tree.read("", group, "io.stat");
    String events = tree.read("", group, "memory.events");
    String[] max = tree.read("", group, "cpu.max").strip().split(" ");
    long weight = tree.number("", group, "cpu.weight");
    return new CgroupDetails(
        field(cpu, "user_usec") * 1000,
        field(cpu, "system_usec") * 1000,
        field(cpu, "nr_periods"),
        field(cpu, "nr_throttled"),
        field(cpu, "throttled_usec") * 1000,
        weight < 0 ? -1 : CpuShare.sharesOf(weight),
        max[0].equals("max") ? -1 : CgroupTree.number(max[0]),
        max.length > 1 ? CgroupTree.number(max[1]) : -1,
        limit(tree.number("", group, "memory.max")),
        limit(tree.number("", group, "memory.low")),
        limit(tree.number("", group, "memory.swap.max")),
        tree.number("", group, "memory.peak"),
        field(events, "max"),
        Math.max(0, field(events, "oom_kill")),
        lines(tree.read("", group, "cgroup.procs")),
        tree.number("", group, "pids.current"),
        limit(tree.number("", group, "pids.max")),
        keyed(io, "rbytes="),
        keyed(io, "wbytes="),
        keyed(io, "rios="),
        keyed(io, "wios="));
  }

  /** The kernel counts these in hundredths of a second, on every machine we run on. */
  private static long ticks(long ticks) {
    return ticks < 0 ? -1 : ticks * 10_000_000;
  }

  /** Version 1 says "no limit" by a number near the largest, version 2 by a word; we by 0. */
  private static long limit(long value) {
    return value < 0 || value >= Long.MAX_VALUE - (1 << 20) ? 0 : value;
  }

  private static long lines(String text) {
    return text.chars().filter(c -> c == '\n').count();
  }

  /**
   * The number after {@code name} and a space at the beginning of a line; -1 where there is none.
   */
  static long field(String text, String name) {
    int at = 0;
    while (at >= 0 && at < text.length()) {
      int end = at + name.length();
      if (text.startsWith(name, at) && end < text.length() && text.charAt(end) == ' ') {
        int line = text.indexOf('\n', end);
        return CgroupTree.number(text.substring(end + 1, line < 0 ? text.length() : line));
      }
      int next = text.indexOf('\n', at);
      at = next < 0 ? -1 : next + 1;
    }
    return -1;
  }

  /** {@code 8:0 Read 4096} of every device. */
  private static long operations(String text, String name) {
    return text.lines()
        .map(line -> line.split(" "))
        .filter(words -> words.length == 3 && words[1].equals(name))
        .mapToLong(words -> CgroupTree.number(words[2]))
        .sum();
  }

  /** {@code 8:0 rbytes=4096 wbytes=0} of every device. */
  private static long keyed(String text, String key) {
    long sum = 0;
    for (int at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
      int end = at + key.length();
      int stop = end;
      while (stop < text.length() && Character.isDigit(text.charAt(stop))) {
        stop++;
      }
      sum += Math.max(0, CgroupTree.number(text.substring(end, stop)));
    }
    return sum;
  }
}
