package io.berth.agent.node;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Measures this machine. What cannot be read counts as none, and as no pressure. */
public final class LinuxMachine {
  private static final int MAX_FILE = 64 << 10;

  private LinuxMachine() {}

  /**
   * @param dataDirectory on the disk that images, containers and volumes use
   */
  public static Machine measure(Path dataDirectory) {
    String info = read("/proc/meminfo");
    String load = read("/proc/loadavg");
    long disk = 0;
    long free = 0;
    try {
      FileStore store = Files.getFileStore(dataDirectory);
      disk = store.getTotalSpace();
      free = store.getUsableSpace();
    } catch (IOException e) {
      disk = 0; // a directory that cannot be reached shows in the runtimes' health
    }
    String[] words = load.split("[ /]");
    return new Machine(
        Runtime.getRuntime().availableProcessors(),
        kilobytes(info, "MemTotal") * 1024,
        kilobytes(info, "MemAvailable") * 1024,
        disk,
        free,
        words.length > 4 ? number(words[4]) : 0,
        number(read("/proc/sys/kernel/pid_max")),
        read("/proc/sys/kernel/osrelease"),
        osImage(),
        architecture(),
        read("/etc/machine-id"),
        read("/proc/sys/kernel/random/boot_id"),
        read("/sys/class/dmi/id/product_uuid").toLowerCase(Locale.ROOT));
  }

  private static String osImage() {
    return read("/etc/os-release")
        .lines()
        .filter(line -> line.startsWith("PRETTY_NAME="))
        .map(line -> line.substring(12).replace("\"", ""))
        .findFirst()
        .orElse("Linux");
  }

  /** As Kubernetes names architectures. */
  static String architecture() {
    return switch (System.getProperty("os.arch", "")) {
      case "amd64", "x86_64" -> "amd64";
      case "aarch64" -> "arm64";
      case String other -> other;
    };
  }

  private static long kilobytes(String info, String name) {
    return info.lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> number(line.replaceAll("\\D+", "")))
        .findFirst()
        .orElse(0L);
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /**
   * In one read: the kernel gives a setting whole or not at all, and files of size 0 are else read
   * byte by byte.
   */
  private static String read(String file) {
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      return new String(in.readNBytes(MAX_FILE), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
