package io.berth.agent.network;

import io.berth.agent.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What the kernel says of the machine's own network. */
public final class Machine {
  private static final int DEFAULT_MTU = 1500;
  private static final Path LINKS = Path.of("/sys/class/net");
  private static final Path FORWARDING = Path.of("/proc/sys/net/ipv4/ip_forward");
  private static final Path BRIDGE_FILTER = Path.of("/proc/sys/net/bridge");

  private Machine() {}

  static boolean hasLink(String name) {
    return Files.exists(LINKS.resolve(name));
  }

  static List<String> links() {
    try (Stream<Path> links = Files.list(LINKS)) {
      return links.map(link -> String.valueOf(link.getFileName())).sorted().toList();
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
      for (String line : Files.readAllLines(Path.of("/proc/net/route"))) {
        String[] fields = line.split("\\s+", -1);
        if (fields.length > 7 && fields[1].equals("00000000") && fields[7].equals("00000000")) {
          return Integer.parseInt(
              Files.readString(LINKS.resolve(fields[0]).resolve("mtu")).strip());
        }
      }
    } catch (IOException | NumberFormatException e) {
      return DEFAULT_MTU;
    }
    return DEFAULT_MTU;
  }
}
