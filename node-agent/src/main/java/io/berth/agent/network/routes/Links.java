package io.berth.agent.network.routes;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The machine's own addresses and the networks that they are in.
 *
 * @param own addresses, in one spelling
 */
record Links(Set<String> own, List<Link> links) {
  /**
   * A network that a link leads to directly.
   *
   * @param mtu in bytes
   */
  record Link(String device, Network network, String address, int mtu) {}

  /**
   * @param addresses what {@code ip -j addr} says
   * @param except devices that lead to pods
   */
  static Links read(JsonNode addresses, Set<String> except) {
    Set<String> own = new HashSet<>();
    List<Link> links = new ArrayList<>();
    for (JsonNode device : addresses) {
      String name = device.path("ifname").asText();
      for (JsonNode info : device.path("addr_info")) {
        InetAddress address = InetAddress.ofLiteral(info.path("local").asText());
        own.add(address.getHostAddress().replaceAll("%.*", ""));
        if (info.path("scope").asText().equals("global") && !except.contains(name)) {
          Network network = Network.of(address, info.path("prefixlen").asInt());
          links.add(new Link(name, network, address.getHostAddress(), device.path("mtu").asInt()));
        }
      }
    }
    return new Links(Set.copyOf(own), List.copyOf(links));
  }

  /** The link by which an address is reached with nothing in between. */
  Optional<Link> to(InetAddress address) {
    return links.stream().filter(link -> link.network().contains(address)).findFirst();
  }

  /** The link that has an address. */
  Optional<Link> with(String address) {
    return links.stream().filter(link -> link.address().equals(address)).findFirst();
  }
}
