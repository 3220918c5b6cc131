package io.berth.agent.network.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.network.policy.TestingNft.Packet;
import io.berth.api.object.LabelSelector;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads policies as the documentation does, anew for each packet. */
final class NaivePolicies {
  static final String RESOLVER = "10.244.0.1";
  static final String RESOLVER6 = "fd00:7::1";

  final Map<String, Map<String, String>> namespaces = new TreeMap<>();
  final Map<String, NetPod> pods = new TreeMap<>();
  final Map<String, JsonNode> policies = new TreeMap<>();

  boolean passes(Packet packet) {
    NetPod from = owner(packet.source());
    NetPod to = owner(packet.destination());
    if (packet.source().equals(packet.destination())) {
      return true;
    }
    return side(from, to, packet.destination(), packet, "Egress")
        && side(to, from, packet.source(), packet, "Ingress");
  }

  private @Nullable NetPod owner(String address) {
    return pods.values().stream()
        .filter(pod -> pod.addresses().contains(address))
        .max(
            Comparator.comparing(NetPod::running)
                .thenComparing(NetPod::created)
                .thenComparing(NetPod::uid))
        .orElse(null);
  }

  private boolean side(
      @Nullable NetPod pod, @Nullable NetPod other, String address, Packet packet, String type) {
    if (pod == null || !pod.local()) {
      return true;
    }
    boolean isolated = false;
    for (JsonNode policy : policies.values()) {
      JsonNode spec = policy.path("spec");
      String namespace = policy.path("metadata").path("namespace").asText();
      if (!namespace.equals(pod.namespace())
          || !LabelSelector.of(spec.path("podSelector")).matches(pod.labels())
          || !types(spec).contains(type)) {
        continue;
      }
      isolated = true;
      for (JsonNode rule : spec.path(type.toLowerCase(Locale.ROOT))) {
        JsonNode peers = rule.path(type.equals("Ingress") ? "from" : "to");
        NetPod target = type.equals("Ingress") ? pod : other;
        if (port(rule.path("ports"), packet, target)
            && peer(peers, namespace, other, address, packet)) {
          return true;
        }
      }
    }
    return !isolated;
  }

  private static List<String> types(JsonNode spec) {
    if (spec.path("policyTypes").isEmpty()) {
      return spec.path("egress").isEmpty() ? List.of("Ingress") : List.of("Ingress", "Egress");
    }
    return spec.path("policyTypes").valueStream().map(JsonNode::asText).toList();
  }

  private boolean port(JsonNode ports, Packet packet, @Nullable NetPod target) {
    if (ports.isEmpty()) {
      return true;
    }
    for (JsonNode port : ports) {
      String protocol = port.path("protocol").asText("TCP").toLowerCase(Locale.ROOT);
      if (!protocol.equals(packet.protocol())) {
        continue;
      }
      JsonNode number = port.path("port");
      if (number.isMissingNode()) {
        return true;
      }
      if (number.isTextual()) {
        if (isResolver(packet)
            && packet.port() == 53
            && number.asText().equals(protocol.equals("udp") ? "dns" : "dns-tcp")) {
          return true;
        }
        if (target != null
            && target.ports().stream()
                .filter(p -> p.name().equals(number.asText()) && p.protocol().equals(protocol))
                .anyMatch(p -> p.number() == packet.port())) {
          return true;
        }
      } else {
        int last = port.path("endPort").asInt(number.asInt());
        if (number.asInt() <= packet.port() && packet.port() <= last) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isResolver(Packet packet) {
    return packet.destination().equals(RESOLVER) || packet.destination().equals(RESOLVER6);
  }

  private boolean peer(
      JsonNode peers, String namespace, @Nullable NetPod other, String address, Packet packet) {
    if (peers.isEmpty()) {
      return true;
    }
    for (JsonNode peer : peers) {
      if (peer.has("ipBlock")) {
        if (inside(address, peer.path("ipBlock").path("cidr").asText())
            && peer.path("ipBlock")
                .path("except")
                .valueStream()
                .noneMatch(except -> inside(address, except.asText()))) {
          return true;
        }
      } else if (other != null && selected(peer, namespace, other.namespace(), other.labels())) {
        return true;
      } else if (isResolver(packet)
          && packet.port() == 53
          && address.equals(packet.destination())
          && selected(peer, namespace, "kube-system", Map.of("k8s-app", "kube-dns"))) {
        return true;
      }
    }
    return false;
  }

  private boolean selected(
      JsonNode peer, String namespace, String podNamespace, Map<String, String> labels) {
    boolean there = namespace.equals(podNamespace);
    if (peer.has("namespaceSelector")) {
      LabelSelector selector = LabelSelector.of(peer.path("namespaceSelector"));
      Map<String, String> of = namespaces.get(podNamespace);
      there = selector.isEmpty() || (of != null && selector.matches(of));
    }
    return there
        && (!peer.has("podSelector") || LabelSelector.of(peer.path("podSelector")).matches(labels));
  }

  private static boolean inside(String address, String cidr) {
    byte[] network = InetAddress.ofLiteral(cidr.split("/", -1)[0]).getAddress();
    byte[] bytes = InetAddress.ofLiteral(address).getAddress();
    int rest = network.length * 8 - Integer.parseInt(cidr.split("/", -1)[1]);
    return network.length == bytes.length
        && new BigInteger(1, network)
            .shiftRight(rest)
            .equals(new BigInteger(1, bytes).shiftRight(rest));
  }
}
