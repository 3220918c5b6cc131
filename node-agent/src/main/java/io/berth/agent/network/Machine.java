package io.berth.agent.network;

import io.berth.agent.process.Command;
import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the kernel says of the machine's own network. */
public final class Machine {
  private static final int DEFAULT_MTU = 1500;

  /** Of this process's own network namespace, which the files below {@code /sys} need not be. */
  private static final Path LINKS = Path.of("/proc/self/net/dev");

  private static final Path FORWARDING = Path.of("/proc/sys/net/ipv4/ip_forward");
  private static final Path BRIDGE_FILTER = Path.of("/proc/sys/net/bridge");

  private Machine() {}

  static boolean hasLink(String name) {
    return links().contains(name);
  }

  static List<String> links() {
    try {
      return Files.readAllLines(LINKS).stream()
          .filter(line -> line.indexOf(':') > 0)
          .map(line -> line.substring(0, line.indexOf(':')).strip())
          .sorted()
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  static void enableForwarding() throws IOException {
    if (!Files.readString(FORWARDING).strip().equals("1")) {
      Files.writeString(FORWARDING, "1\n");
    }
  }

  /** Whether bridged packets can be made to pass the rules for routed ones. */
  public static boolean filtersBridged() {
    return Files.isDirectory(BRIDGE_FILTER);
  }

  static boolean ensureBridgeFilter(Command command) {
    if (!filtersBridged() && Command.exists("modprobe")) {
      command.attempt("modprobe", "br_netfilter");
    }
    return filtersBridged();
  }

  /** Packets of pods must fit the way out. */
  static int defaultRouteMtu() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/net/route"))) {
        String[] fields = line.split("\\s+", -1);
        if (fields.length > 7 && fields[1].equals("00000000") && fields[7].equals("00000000")) {
          NetworkInterface link = NetworkInterface.getByName(fields[0]);
          return link == null ? DEFAULT_MTU : link.getMTU();
        }
      }
    } catch (IOException e) {
      return DEFAULT_MTU;
    }
    return DEFAULT_MTU;
  }
}
