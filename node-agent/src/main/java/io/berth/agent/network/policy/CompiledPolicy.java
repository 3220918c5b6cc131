package io.berth.agent.network.policy;

import io.berth.agent.network.Family;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A policy and the chains made of it so far. Not for use by several threads at once. */
final class CompiledPolicy {
  /**
   * What a chain depends on.
   *
   * @param ports those of the selected pod, where the policy names ports of it
   */
  private record Variant(Direction direction, Family family, List<NetPod.Port> ports) {}

  final Policy policy;
  private final Resolver resolver;
  private final Map<Variant, Chain> chains = new HashMap<>();
  private final boolean namesOwnPorts;

  CompiledPolicy(Policy policy, Resolver resolver) {
    this.policy = policy;
    this.resolver = resolver;
    List<PolicyRule> ingress = policy.ingress();
    this.namesOwnPorts = ingress != null && ingress.stream().anyMatch(CompiledPolicy::namesPorts);
  }

  /**
   * @param pod one that the policy selects
   * @param resolverLabels of the resolver's namespace, or null where it is not known
   * @return null where the policy does not isolate it that way
   */
  @Nullable Chain chain(
      Direction direction,
      Family family,
      NetPod pod,
      @Nullable Map<String, String> resolverLabels) {
    List<PolicyRule> rules = policy.rules(direction);
    if (rules == null) {
      return null;
    }
    boolean named = namesOwnPorts && direction == Direction.INGRESS;
    Variant variant = new Variant(direction, family, named ? pod.ports() : List.of());
    return chains.computeIfAbsent(
        variant,
        v -> {
          Set<Line> lines = new LinkedHashSet<>();
          for (PolicyRule rule : rules) {
            if (direction == Direction.INGRESS) {
              lines.addAll(ingress(rule, family, pod));
            } else {
              lines.addAll(egress(rule, family));
              lines.addAll(toResolver(rule, family, resolverLabels));
            }
          }
          return Chain.of(direction, family, List.copyOf(lines));
        });
  }

  /** What the resolver counts as has changed. */
  void forget() {
    chains.clear();
  }

  private static boolean namesPorts(PolicyRule rule) {
    return rule.ports().stream().anyMatch(PolicyPort.Name.class::isInstance);
  }

  /** Names are those of the pod's own ports. */
  private static List<Line> ingress(PolicyRule rule, Family family, NetPod pod) {
    List<PolicyPort.Range> ports = new ArrayList<>();
    for (PolicyPort port : rule.ports()) {
      switch (port) {
        case PolicyPort.Range range -> ports.add(range);
        case PolicyPort.Name name ->
            pod.port(name)
                .ifPresent(p -> ports.add(PolicyPort.Range.one(p.protocol(), p.number())));
      }
    }
    return lines(rule, family, ports);
  }

  /** Names are those that each of the peers gives its ports. */
  private static List<Line> egress(PolicyRule rule, Family family) {
    List<PolicyPort.Range> ports = new ArrayList<>();
    List<Line> named = new ArrayList<>();
    List<Line.Who> others = others(rule, family);
    for (PolicyPort port : rule.ports()) {
      switch (port) {
        case PolicyPort.Range range -> ports.add(range);
        case PolicyPort.Name name -> others.forEach(who -> named.add(named(who, name)));
      }
    }
    List<Line> lines = new ArrayList<>(lines(rule, family, ports));
    lines.addAll(named);
    return lines;
  }

  private static Line named(Line.Who who, PolicyPort.Name name) {
    if (who instanceof Line.Who.Pods(PeerSet.Key pods)) {
      return new Line(new Line.Who.Anyone(), null, new PeerSet.Key(pods.peers(), name));
    }
    return new Line(who, null, new PeerSet.Key(List.of(PodPeer.ALL), name));
  }

  private List<Line> toResolver(
      PolicyRule rule, Family family, @Nullable Map<String, String> labels) {
    if (rule.anyone() && !namesPorts(rule)) {
      return List.of(); // the rule says so already
    }
    return resolver
        .address(family)
        .map(
            address ->
                Resolver.allowed(rule, address, labels).stream()
                    .map(protocol -> PolicyPort.Range.one(protocol, Resolver.PORT))
                    .map(port -> new Line(new Line.Who.Address(address), port))
                    .toList())
        .orElse(List.of());
  }

  /** Each of the others with each of the ports. */
  private static List<Line> lines(
      PolicyRule rule, Family family, Collection<PolicyPort.Range> ports) {
    List<Line> lines = new ArrayList<>();
    for (Line.Who who : others(rule, family)) {
      if (rule.ports().isEmpty()) {
        lines.add(new Line(who, null));
      }
      ports.forEach(port -> lines.add(new Line(who, port)));
    }
    return lines;
  }

  private static List<Line.Who> others(PolicyRule rule, Family family) {
    if (rule.anyone()) {
      return List.of(new Line.Who.Anyone());
    }
    List<Line.Who> others = new ArrayList<>();
    if (!rule.pods().isEmpty()) {
      others.add(new Line.Who.Pods(new PeerSet.Key(rule.pods(), null)));
    }
    List<AddressRange> blocks = rule.blocks().stream().filter(b -> b.family() == family).toList();
    if (!blocks.isEmpty()) {
      others.add(Line.Who.Blocks.of(blocks));
    }
    return others;
  }
}
