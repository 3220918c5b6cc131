package io.berth.cli.up;

import io.berth.cli.CommandException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;

/** What this machine is to its cluster. */
final class Machine {
  private Machine() {}

  /**
   * The IPv4 addresses by which others reach this machine, physical interfaces first; loopback
   * where it has no other. Bridges of pods and containers are left out.
   */
  static List<String> addresses() {
    try {
      List<String> found =
          NetworkInterface.networkInterfaces()
              .filter(Machine::counts)
              .flatMap(NetworkInterface::inetAddresses)
              .filter(
                  a ->
                      a instanceof Inet4Address
                          && !a.isLoopbackAddress()
                          && !a.isLinkLocalAddress())
              .map(InetAddress::getHostAddress)
              .toList();
      return found.isEmpty() ? List.of("127.0.0.1") : found;
    } catch (SocketException e) {
      throw new CommandException("the network interfaces cannot be listed: " + e.getMessage(), e);
    }
  }

  private static boolean counts(NetworkInterface device) {
    String name = device.getName();
    return !name.startsWith("docker")
        && !name.startsWith("br-")
        && !name.startsWith("veth")
        && !name.startsWith("berth");
  }
}
