package io.berth.agent.network.policy;

import io.berth.agent.network.Family;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The node's resolver, which is no pod but stands for those that other clusters have: policies
 * treat it as a pod of {@code kube-system} with the label {@code k8s-app=kube-dns}. It shares its
 * address with the node, so only its port counts.
 *
 * @param addresses at most one of a family
 */
record Resolver(List<String> addresses) {
  static final String NAMESPACE = "kube-system";
  static final int PORT = 53;
  private static final List<String> PROTOCOLS = List.of("udp", "tcp");

  /** As what it counts. */
  private static final NetPod POD =
      new NetPod(
          "",
          NAMESPACE,
          "kube-dns",
          "",
          false,
          false,
          Map.of("k8s-app", "kube-dns"),
          List.of(),
          List.of(new NetPod.Port("dns", "udp", PORT), new NetPod.Port("dns-tcp", "tcp", PORT)));

  Optional<String> address(Family family) {
    return addresses.stream().filter(a -> Family.of(a) == family).findFirst();
  }

  /**
   * The protocols by which a rule allows it.
   *
   * @param address one of its own
   * @param namespaceLabels of its namespace, or null where it is not known
   */
  static List<String> allowed(
      PolicyRule rule, String address, @Nullable Map<String, String> namespaceLabels) {
    boolean peer =
        rule.anyone()
            || rule.blocks().stream().anyMatch(block -> block.contains(address))
            || rule.pods().stream()
                .anyMatch(p -> p.matches(NAMESPACE, POD.labels(), namespaceLabels));
    if (!peer || rule.ports().isEmpty()) {
      return peer ? PROTOCOLS : List.of();
    }
    return PROTOCOLS.stream()
        .filter(protocol -> rule.ports().stream().anyMatch(port -> covers(port, protocol)))
        .toList();
  }

  private static boolean covers(PolicyPort port, String protocol) {
    return switch (port) {
      case PolicyPort.Range range -> range.covers(protocol, PORT);
      case PolicyPort.Name name -> name.protocol().equals(protocol) && POD.port(name).isPresent();
    };
  }
}
