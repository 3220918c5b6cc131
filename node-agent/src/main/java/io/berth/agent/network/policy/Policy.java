package io.berth.agent.network.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.LabelSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A NetworkPolicy, read.
 *
 * @param pods those that it isolates
 * @param ingress what may come to them, or null where it does not isolate them that way
 * @param egress where they may connect to, or null where it does not isolate them that way
 */
record Policy(
    String namespace,
    String name,
    LabelSelector pods,
    @Nullable List<PolicyRule> ingress,
    @Nullable List<PolicyRule> egress) {
  /**
   * @throws IllegalArgumentException something in it makes no sense; the API server takes no such
   *     policies
   */
  static Policy of(JsonNode object) {
    String namespace = object.path("metadata").path("namespace").asText();
    JsonNode spec = object.path("spec");
    return new Policy(
        namespace,
        object.path("metadata").path("name").asText(),
        selector(spec.path("podSelector")),
        has(spec, "Ingress") ? rules(spec.path("ingress"), "from", namespace) : null,
        has(spec, "Egress") ? rules(spec.path("egress"), "to", namespace) : null);
  }

  /** One that lets nothing pass to or from any pod of the namespace: for what cannot be read. */
  static Policy closed(String namespace, String name) {
    return new Policy(namespace, name, LabelSelector.EVERYTHING, List.of(), List.of());
  }

  @Nullable List<PolicyRule> rules(Direction direction) {
    return direction == Direction.INGRESS ? ingress : egress;
  }

  private static boolean has(JsonNode spec, String type) {
    JsonNode types = spec.path("policyTypes");
    if (types.isEmpty()) {
      return type.equals("Ingress") || !spec.path("egress").isEmpty();
    }
    for (JsonNode named : types) {
      if (named.asText().equals(type)) {
        return true;
      }
    }
    return false;
  }

  private static List<PolicyRule> rules(JsonNode rules, String peers, String namespace) {
    List<PolicyRule> read = new ArrayList<>();
    for (JsonNode rule : rules) {
      List<PodPeer> pods = new ArrayList<>();
      List<AddressRange> blocks = new ArrayList<>();
      for (JsonNode peer : rule.path(peers)) {
        if (peer.hasNonNull("ipBlock")) {
          blocks.addAll(block(peer.path("ipBlock")));
        } else {
          pods.add(pods(peer, namespace));
        }
      }
      List<PolicyPort> ports = new ArrayList<>();
      rule.path("ports").forEach(port -> ports.add(port(port)));
      boolean anyone = rule.path(peers).isEmpty();
      read.add(new PolicyRule(anyone, pods, AddressRange.merged(blocks), ports));
    }
    return List.copyOf(read);
  }

  private static List<AddressRange> block(JsonNode block) {
    List<String> except = new ArrayList<>();
    block.path("except").forEach(cidr -> except.add(cidr.asText()));
    return AddressRange.of(block.path("cidr").asText(), except);
  }

  private static PodPeer pods(JsonNode peer, String namespace) {
    LabelSelector pods = selector(peer.path("podSelector"));
    return peer.hasNonNull("namespaceSelector")
        ? new PodPeer("", LabelSelector.of(peer.path("namespaceSelector")), pods)
        : new PodPeer(namespace, null, pods);
  }

  /** Other than elsewhere, absent means all. */
  private static LabelSelector selector(JsonNode selector) {
    return selector.isObject() ? LabelSelector.of(selector) : LabelSelector.EVERYTHING;
  }

  private static PolicyPort port(JsonNode port) {
    String protocol = port.path("protocol").asText("TCP").toLowerCase(Locale.ROOT);
    JsonNode number = port.path("port");
    if (number.isTextual()) {
      return new PolicyPort.Name(protocol, number.textValue());
    }
    if (!number.isIntegralNumber()) {
      return PolicyPort.Range.all(protocol);
    }
    int first = number.intValue();
    int last = port.path("endPort").asInt(first);
    if (last < first) {
      throw new IllegalArgumentException("endPort " + last + " is below port " + first);
    }
    return new PolicyPort.Range(protocol, first, last);
  }
}
