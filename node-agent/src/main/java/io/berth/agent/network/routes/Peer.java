package io.berth.agent.network.routes;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import java.util.ArrayList;
import java.util.List;

/**
 * What routes need to know of a node.
 *
 * @param addresses its internal ones, in its order
 * @param podCidrs what its pods have their addresses from; empty until it was given some
 */
record Peer(String node, List<String> addresses, List<String> podCidrs) {
  static Peer of(ApiObject node) {
    JsonNode tree = node.tree();
    List<String> addresses = new ArrayList<>();
    for (JsonNode address : tree.path("status").path("addresses")) {
      if (address.path("type").asText().equals("InternalIP")) {
        addresses.add(address.path("address").asText());
      }
    }
    List<String> cidrs = new ArrayList<>();
    tree.path("spec").path("podCIDRs").forEach(cidr -> cidrs.add(cidr.asText()));
    if (cidrs.isEmpty() && !tree.path("spec").path("podCIDR").asText().isEmpty()) {
      cidrs.add(tree.path("spec").path("podCIDR").asText());
    }
    return new Peer(node.key().name(), List.copyOf(addresses), List.copyOf(cidrs));
  }
}
