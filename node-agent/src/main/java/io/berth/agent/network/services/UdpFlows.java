package io.berth.agent.network.services;

import io.berth.agent.network.Family;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * UDP has no end of a connection: as long as a client sends, the kernel keeps sending to the
 * endpoint it chose first, or nowhere where there was none. Names the flows that must be forgotten
 * when endpoints go, or the first ones come. Pure.
 */
final class UdpFlows {
  private UdpFlows() {}

  /** Arguments for {@code conntrack}, one list a call. */
  static List<List<String>> stale(List<ServicePort> before, List<ServicePort> after) {
    Map<String, ServicePort> now = new HashMap<>();
    after.forEach(port -> now.put(key(port), port));
    Set<List<String>> calls = new LinkedHashSet<>();
    Map<String, ServicePort> then = new HashMap<>();
    for (ServicePort port : before) {
      if (port.protocol().equals("udp")) {
        then.put(key(port), port);
        List<ServiceEndpoint> kept = endpoints(now.get(key(port)));
        port.endpoints().stream()
            .filter(endpoint -> !kept.contains(endpoint))
            .forEach(gone -> calls.add(call(port, "--dst-nat", gone.address())));
      }
    }
    for (ServicePort port : after) {
      if (port.protocol().equals("udp")
          && port.hasAny()
          && endpoints(then.get(key(port))).isEmpty()) {
        addresses(port)
            .forEach(
                address ->
                    calls.add(call(port, "--orig-dst", address, "--dport", number(port.port()))));
        if (port.nodePort() > 0) {
          calls.add(call(port, "--dport", number(port.nodePort())));
        }
      }
    }
    return List.copyOf(calls);
  }

  private static List<ServiceEndpoint> endpoints(@org.jspecify.annotations.Nullable ServicePort p) {
    return p == null ? List.of() : p.inside();
  }

  private static List<String> addresses(ServicePort port) {
    List<String> all = new ArrayList<>(List.of(port.clusterAddress()));
    all.addAll(port.externalAddresses());
    return all;
  }

  private static String key(ServicePort port) {
    return port.id() + "/" + port.family();
  }

  private static List<String> call(ServicePort port, String... which) {
    List<String> all = new ArrayList<>(List.of("-D", "-p", "udp", "-f"));
    all.add(port.family() == Family.IPV4 ? "ipv4" : "ipv6");
    all.addAll(List.of(which));
    return List.copyOf(all);
  }

  private static String number(int port) {
    return Integer.toString(port);
  }
}
