package io.berth.agent.network.routes;

import io.berth.agent.process.Command;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The machine's end of the tunnels to other nodes: one VXLAN device (RFC 7348) with an entry for
 * each of them. Nobody learns or announces anything: addresses inside follow from the nodes' own
 * networks.
 */
final class Tunnel {
  static final String DEVICE = "berth-vxlan";

  private static final int NETWORK_ID = 0xBE47;
  private static final int PORT = 8472;

  /** What VXLAN adds to a packet: Ethernet, VXLAN, UDP, and IPv4 or IPv6. */
  private static final int OVERHEAD_V4 = 50;

  private static final int OVERHEAD_V6 = 70;
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final String TABLE = "berth-tunnel";

  private final Command command;
  private final List<Network> own;

  /**
   * @param own the networks of this node's pods
   */
  Tunnel(Command command, List<Network> own) {
    this.command = command;
    this.own = own;
  }

  /**
   * Makes the device, or finds it. Idempotent.
   *
   * @param link the one whose address other nodes send to
   */
  void ensure(Links.Link link) {
    boolean v4 = link.network().isV4();
    if (!command.attempt("ip", "link", "show", "dev", DEVICE).succeeded()) {
      command.run(
          "ip",
          "link",
          "add",
          DEVICE,
          "address",
          mac(link.address()),
          "type",
          "vxlan",
          "id",
          Integer.toString(NETWORK_ID),
          "dstport",
          Integer.toString(PORT),
          "local",
          link.address(),
          "nolearning");
    }
    int mtu = link.mtu() - (v4 ? OVERHEAD_V4 : OVERHEAD_V6);
    command.run("ip", "link", "set", "dev", DEVICE, "mtu", Integer.toString(mtu), "up");
    for (Network network : own) {
      String address = network.baseText() + (network.isV4() ? "/32" : "/128");
      command.run("ip", "addr", "replace", address, "dev", DEVICE);
    }
    // Pods send packets that fit their own link: connections are told what fits the tunnel.
    command.run(
        List.of("nft", "-f", "-"),
        """
        add table inet %1$s
        delete table inet %1$s
        table inet %1$s {
          chain forward {
            type filter hook forward priority mangle; policy accept;
            oifname "%2$s" tcp flags syn tcp option maxseg size set rt mtu
          }
        }
        """
            .formatted(TABLE, DEVICE));
  }

  /**
   * The hardware address inside of the tunnel of the node that has an address outside; agents that
   * share a machine share it.
   */
  static String mac(String nodeAddress) {
    byte[] bytes = InetAddress.ofLiteral(nodeAddress).getAddress();
    int value = bytes.length == 4 ? ByteBuffer.wrap(bytes).getInt() : Arrays.hashCode(bytes);
    return "0a:58:%02x:%02x:%02x:%02x"
        .formatted(value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255);
  }

  void remove() {
    command.attempt("ip", "link", "delete", "dev", DEVICE);
    command.attempt(
        List.of("nft", "-f", "-"),
        "add table inet %1$s\ndelete table inet %1$s\n".formatted(TABLE),
        Map.of(),
        LIMIT);
  }
}
