package io.berth.agent.network.routes;

import java.net.InetAddress;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** From nodes to the ways to their pods. Pure. */
final class RoutePlan {
  private RoutePlan() {}

  /**
   * The way to a network of pods.
   *
   * @param node the node's address, which the packets, or the tunnel's packets, go to
   */
  record Hop(String node, boolean tunnel) {}

  /**
   * @return by network; what two nodes claim is the one's that comes first by name
   */
  static SortedMap<String, Hop> of(
      Collection<Peer> peers, String self, Links links, RouteMode mode) {
    SortedMap<String, Hop> plan = new TreeMap<>();
    List<Peer> others =
        peers.stream()
            .filter(peer -> !peer.node().equals(self))
            .filter(peer -> peer.addresses().stream().noneMatch(links.own()::contains))
            .sorted(Comparator.comparing(Peer::node))
            .toList();
    for (Peer peer : others) {
      for (String cidr : peer.podCidrs()) {
        Network network = Network.parse(cidr);
        hop(peer, network, links, mode).ifPresent(hop -> plan.putIfAbsent(network.text(), hop));
      }
    }
    return plan;
  }

  private static Optional<Hop> hop(Peer peer, Network network, Links links, RouteMode mode) {
    if (mode != RouteMode.VXLAN) {
      Optional<String> near =
          peer.addresses().stream()
              .filter(address -> (address.indexOf(':') < 0) == network.isV4())
              .filter(address -> links.to(InetAddress.ofLiteral(address)).isPresent())
              .findFirst();
      if (near.isPresent()) {
        return near.map(address -> new Hop(address, false));
      }
    }
    return mode == RouteMode.HOST_GW
        ? Optional.empty()
        : peer.addresses().stream().findFirst().map(address -> new Hop(address, true));
  }
}
