package io.berth.agent.stats;

import io.berth.agent.cgroup.CgroupTree;
import io.berth.agent.cgroup.CgroupUsage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What the kernel tells of the whole machine, and of the networks that processes are in. */
public final class ProcFiles {
  private static final long TICK_NANOS = 10_000_000;
  private static final int IDLE = 3;
  private static final int WAITING = 4;
  private static final int STEAL = 7;

  private final Path root;

  /**
   * @param root usually {@code /proc}
   */
  public ProcFiles(Path root) {
    this.root = root;
  }

  /**
   * Traffic of a network device since it was made.
   *
   * @param name the device
   */
  public record Traffic(
      String name,
      long rxBytes,
      long rxPackets,
      long rxErrors,
      long rxDropped,
      long txBytes,
      long txPackets,
      long txErrors,
      long txDropped) {
    /** As the other end of the line sees it. */
    Traffic reversed(String as) {
      return new Traffic(
          as, txBytes, txPackets, txErrors, txDropped, rxBytes, rxPackets, rxErrors, rxDropped);
    }
  }

  /** What the machine uses. */
  CgroupUsage usage() {
    String memory = read("meminfo");
    String events = read("vmstat");
    long used = kilobytes(memory, "MemTotal:") - kilobytes(memory, "MemFree:");
    return new CgroupUsage(
        cpuNanos(),
        used,
        Math.max(0, used - kilobytes(memory, "Inactive(file):")),
        kilobytes(memory, "AnonPages:"),
        kilobytes(memory, "Cached:"),
        kilobytes(memory, "Mapped:"),
        kilobytes(memory, "SwapTotal:") - kilobytes(memory, "SwapFree:"),
        word(events, "pgfault "),
        word(events, "pgmajfault "));
  }

  long memoryTotal() {
    return kilobytes(read("meminfo"), "MemTotal:");
  }

  /** What the machine has as pages that nothing is in, without what rests in caches. */
  public long memoryAvailable() {
    String memory = read("meminfo");
    long total = kilobytes(memory, "MemTotal:");
    long used = total - kilobytes(memory, "MemFree:");
    return total - Math.max(0, used - kilobytes(memory, "Inactive(file):"));
  }

  /** All of the first line's times but those in which nothing ran. */
  private long cpuNanos() {
    String line = read("stat").lines().findFirst().orElse("");
    String[] words = line.strip().split("\\s+");
    long ticks = 0;
    for (int i = 1; i < words.length && i - 1 <= STEAL; i++) {
      ticks += i - 1 == IDLE || i - 1 == WAITING ? 0 : number(words[i]);
    }
    return ticks * TICK_NANOS;
  }

  Instant bootTime() {
    return Instant.ofEpochSecond(Math.max(0, word(read("stat"), "btime ")));
  }

  /** The device that leads out of the machine; empty where none does. */
  String defaultDevice() {
    return read("net/route")
        .lines()
        .map(line -> line.split("\\s+"))
        .filter(words -> words.length > 2 && words[1].equals("00000000"))
        .map(words -> words[0])
        .findFirst()
        .orElse("");
  }

  /** The devices of the machine's network. */
  List<Traffic> devices() {
    return traffic(read("net/dev"));
  }

  /** Those of the network that a process is in. */
  List<Traffic> devices(long pid) {
    return traffic(read(pid + "/net/dev"));
  }

  private static List<Traffic> traffic(String text) {
    List<Traffic> all = new ArrayList<>();
    for (String line : text.split("\n")) {
      int colon = line.indexOf(':');
      if (colon < 0) {
        continue;
      }
      String name = line.substring(0, colon).strip();
      String[] words = line.substring(colon + 1).strip().split("\\s+");
      if (words.length >= 12 && !name.equals("lo")) {
        all.add(
            new Traffic(
                name,
                number(words[0]),
                number(words[1]),
                number(words[2]),
                number(words[3]),
                number(words[8]),
                number(words[9]),
                number(words[10]),
                number(words[11])));
      }
    }
    return all;
  }

  long processes() {
    String[] words = read("loadavg").split("[ /]");
    return words.length > 4 ? number(words[4]) : 0;
  }

  long maxProcesses() {
    return number(read("sys/kernel/pid_max").strip());
  }

  private String read(String file) {
    try {
      return CgroupTree.read(root.resolve(file));
    } catch (IOException e) {
      return "";
    }
  }

  private static long kilobytes(String text, String name) {
    return Math.max(0, word(text, name)) * 1024;
  }

  /** The number after a name at the beginning of a line; -1 where there is none. */
  private static long word(String text, String name) {
    int at = text.startsWith(name) ? 0 : text.indexOf("\n" + name) + 1;
    if (at == 0 && !text.startsWith(name)) {
      return -1;
    }
    int end = text.indexOf('\n', at);
    String[] words =
        text.substring(at + name.length(), end < 0 ? text.length() : end).strip().split("\\s+");
    return number(words[0]);
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
