package io.berth.agent.network.routes;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.network.routes.RoutePlan.Hop;
import io.berth.agent.process.Command;
import io.berth.api.codec.Json;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * The kernel's routes to pods of other nodes. Ours are known by their protocol number, so that a
 * new agent finds, and corrects, what an old one left. Not for use by several threads at once.
 */
final class RouteTable {
  /** Of no other routing software ({@code /etc/iproute2/rt_protos}). */
  private static final String PROTOCOL = "98";

  private final Command command;
  private SortedMap<String, Hop> last = Collections.emptySortedMap();

  RouteTable(Command command) {
    this.command = command;
  }

  /**
   * Makes the kernel's routes those of a plan.
   *
   * @return how many were changed
   * @throws Command.FailedException the kernel refuses; some may have been changed
   */
  int apply(SortedMap<String, Hop> plan) {
    Map<String, String> present = present();
    List<String> v4 = new ArrayList<>();
    List<String> v6 = new ArrayList<>();
    List<String> forwarding = new ArrayList<>();
    int changed = 0;
    for (Map.Entry<String, Hop> entry : plan.entrySet()) {
      Network network = Network.parse(entry.getKey());
      Hop hop = entry.getValue();
      String via =
          hop.tunnel() ? network.baseText() : InetAddress.ofLiteral(hop.node()).getHostAddress();
      List<String> lines = network.isV4() ? v4 : v6;
      if (hop.tunnel()) {
        // Cheap, and what a tunnel leads to may have changed though its route has not.
        lines.add(
            "neigh replace %s lladdr %s dev %s nud permanent"
                .formatted(via, Tunnel.mac(hop.node()), Tunnel.DEVICE));
        forwarding.add(
            "fdb replace %s dev %s dst %s self permanent"
                .formatted(Tunnel.mac(hop.node()), Tunnel.DEVICE, hop.node()));
      }
      String how = via + (hop.tunnel() ? " " + Tunnel.DEVICE : "");
      if (!how.equals(present.remove(entry.getKey()))) {
        String device = hop.tunnel() ? " dev " + Tunnel.DEVICE + " onlink" : "";
        lines.add(
            "route replace %s via %s%s proto %s".formatted(network.text(), via, device, PROTOCOL));
        changed++;
      }
    }
    for (String gone : present.keySet()) {
      Network network = Network.parse(gone);
      (network.isV4() ? v4 : v6).add("route delete " + gone + " proto " + PROTOCOL);
      changed++;
    }
    List<String> left =
        last.values().stream()
            .filter(hop -> hop.tunnel() && !plan.containsValue(hop))
            .map(hop -> "fdb del " + Tunnel.mac(hop.node()) + " dev " + Tunnel.DEVICE + " self")
            .distinct()
            .toList();
    last = plan;
    batch(left, "bridge", "-force", "-batch", "-");
    batch(forwarding, "bridge", "-force", "-batch", "-");
    batch(v4, "ip", "-4", "-batch", "-");
    batch(v6, "ip", "-6", "-batch", "-");
    return changed;
  }

  private void batch(List<String> lines, String... tool) {
    if (!lines.isEmpty()) {
      command.run(List.of(tool), String.join("\n", lines) + "\n");
    }
  }

  /** Next hop by network. */
  private Map<String, String> present() {
    Map<String, String> present = new HashMap<>();
    for (String family : List.of("-4", "-6")) {
      String text = command.run("ip", "-j", family, "route", "show", "proto", PROTOCOL).strip();
      if (text.isEmpty()) {
        continue;
      }
      for (JsonNode route : Json.parse(text.getBytes(StandardCharsets.UTF_8))) {
        String device = route.path("dev").asText();
        String via = InetAddress.ofLiteral(route.path("gateway").asText()).getHostAddress();
        present.put(
            Network.parse(route.path("dst").asText()).text(),
            via + (device.equals(Tunnel.DEVICE) ? " " + device : ""));
      }
    }
    return present;
  }
}
