package io.berth.cli.up;

import io.berth.cli.CommandException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
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

  /** The address by which this machine speaks with a server, and by which others find it. */
  static List<String> addressesTowards(URI server) {
    int port = server.getPort() < 0 ? 443 : server.getPort();
    try (DatagramSocket socket = new DatagramSocket()) {
      // Nothing is sent: the kernel says which address it would be sent from.
      socket.connect(new InetSocketAddress(server.getHost(), port));
      InetAddress own = socket.getLocalAddress();
      return own.isLoopbackAddress() || own.isAnyLocalAddress()
          ? addresses()
          : List.of(own.getHostAddress());
    } catch (IOException | UncheckedIOException e) {
      throw new CommandException(
          "no way to " + server + ": " + e.getMessage() + ": give --node-ip", e);
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
