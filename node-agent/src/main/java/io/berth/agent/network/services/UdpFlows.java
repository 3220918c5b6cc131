package io.berth.agent.network.services;

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
    after.forEach(port -> now.put(port.id(), port));
    Set<List<String>> calls = new LinkedHashSet<>();
    Map<String, ServicePort> then = new HashMap<>();
    for (ServicePort port : before) {
      if (port.protocol().equals("udp")) {
        then.put(port.id(), port);
        List<ServiceEndpoint> kept = endpoints(now.get(port.id()));
        port.endpoints().stream()
            .filter(endpoint -> !kept.contains(endpoint))
            .forEach(gone -> calls.add(List.of("-D", "-p", "udp", "--dst-nat", gone.address())));
      }
    }
    for (ServicePort port : after) {
      if (port.protocol().equals("udp")
          && port.hasAny()
          && endpoints(then.get(port.id())).isEmpty()) {
        addresses(port).forEach(address -> calls.add(toAddress(address, port.port())));
        if (port.nodePort() > 0) {
          calls.add(List.of("-D", "-p", "udp", "--dport", Integer.toString(port.nodePort())));
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

  private static List<String> toAddress(String address, int port) {
    return List.of("-D", "-p", "udp", "--orig-dst", address, "--dport", Integer.toString(port));
  }
}
