package io.berth.scheduler.decide;

import io.berth.api.object.LabelSelector;
import io.berth.scheduler.core.AffinityTerm;
import io.berth.scheduler.core.HostPort;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodSelector;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.SpreadConstraint;
import io.berth.scheduler.core.Taint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the rules say, read off their description without any thought for speed: it looks at every
 * pod and every node each time.
 */
public final class ReferenceRules {
  /** A pod on a node. */
  public record Placed(PodShape shape, boolean terminating, String nodeName) {}

  public final Map<String, NodeRecord> nodes = new HashMap<>();
  public final Map<String, Placed> pods = new HashMap<>();
  public final Map<String, Map<String, String>> namespaces = new HashMap<>();

  public boolean fits(PodShape shape, NodeRecord node) {
    return fitsButForAffinity(shape, node)
        && affinityHolds(shape, node)
        && shape.antiAffinity().required().stream().noneMatch(t -> anyNear(t, node))
        && nobodyMinds(shape, node);
  }

  /** Whether all rules but those about pods near and far let a pod to a node. */
  public boolean fitsButForAffinity(PodShape shape, NodeRecord node) {
    return schedulable(shape, node)
        && shape.selects(node.name(), node.labels())
        && portsFree(shape, node)
        && roomFor(shape, node)
        && shape.spread().stream()
            .filter(SpreadConstraint::hard)
            .allMatch(c -> even(shape, c, node));
  }

  private boolean schedulable(PodShape shape, NodeRecord node) {
    Taint cordon = new Taint("node.kubernetes.io/unschedulable", "", Taint.NO_SCHEDULE);
    return (!node.unschedulable() || shape.tolerates(cordon)) && tolerated(shape, node);
  }

  private static boolean tolerated(PodShape shape, NodeRecord node) {
    return node.taints().stream().allMatch(t -> !t.forbids() || shape.tolerates(t));
  }

  private List<Placed> on(NodeRecord node) {
    return pods.values().stream().filter(p -> p.nodeName().equals(node.name())).toList();
  }

  private boolean portsFree(PodShape shape, NodeRecord node) {
    for (Placed pod : on(node)) {
      for (HostPort held : pod.shape().hostPorts()) {
        if (shape.hostPorts().stream().anyMatch(wanted -> wanted.conflicts(held))) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean roomFor(PodShape shape, NodeRecord node) {
    for (int slot = 0; slot < shape.requests().length; slot++) {
      long used = 0;
      for (Placed pod : on(node)) {
        used += pod.shape().request(slot);
      }
      if (shape.request(slot) > 0 && used + shape.request(slot) > node.allocatable(slot)) {
        return false;
      }
    }
    return true;
  }

  private boolean even(PodShape shape, SpreadConstraint constraint, NodeRecord node) {
    String domain = node.labels().get(constraint.topologyKey());
    if (domain == null) {
      return false;
    }
    Map<String, Integer> counts = new HashMap<>();
    for (NodeRecord other : nodes.values()) {
      if (counted(shape, constraint, other)) {
        String theirs = other.labels().get(constraint.topologyKey());
        counts.merge(theirs, matching(shape, constraint, other), Integer::sum);
      }
    }
    int least = counts.values().stream().mapToInt(Integer::intValue).min().orElse(0);
    if (counts.size() < constraint.minDomains()) {
      least = 0;
    }
    int self = constraint.selector().matches(shape.labels()) ? 1 : 0;
    return counts.getOrDefault(domain, 0) + self - least <= constraint.maxSkew();
  }

  private static boolean counted(PodShape shape, SpreadConstraint constraint, NodeRecord node) {
    return shape.spread().stream()
            .filter(SpreadConstraint::hard)
            .allMatch(c -> node.labels().containsKey(c.topologyKey()))
        && (!constraint.honorAffinity() || shape.selects(node.name(), node.labels()))
        && (!constraint.honorTaints() || tolerated(shape, node));
  }

  private int matching(PodShape shape, SpreadConstraint constraint, NodeRecord node) {
    return (int)
        on(node).stream()
            .filter(p -> p.shape().namespace().equals(shape.namespace()) && !p.terminating())
            .filter(p -> constraint.selector().matches(p.shape().labels()))
            .count();
  }

  /** Whether the pods that the shape requires to be near are near to a node. */
  public boolean affinityHolds(PodShape shape, NodeRecord node) {
    List<AffinityTerm> terms = shape.affinity().required();
    if (!terms.stream().allMatch(t -> node.labels().containsKey(t.topologyKey()))) {
      return false;
    }
    List<Placed> matching = new ArrayList<>();
    for (Placed pod : pods.values()) {
      if (nodes.containsKey(pod.nodeName())
          && terms.stream().allMatch(t -> means(t.pods(), pod.shape()))) {
        matching.add(pod);
      }
    }
    boolean near =
        terms.stream().allMatch(t -> matching.stream().anyMatch(p -> together(t, node, nodeOf(p))));
    boolean anywhere =
        matching.stream()
            .anyMatch(p -> terms.stream().anyMatch(t -> label(nodeOf(p), t.topologyKey()) != null));
    return near || (!anywhere && terms.stream().allMatch(t -> means(t.pods(), shape)));
  }

  private boolean anyNear(AffinityTerm term, NodeRecord node) {
    return pods.values().stream()
        .anyMatch(p -> means(term.pods(), p.shape()) && together(term, node, nodeOf(p)));
  }

  private boolean nobodyMinds(PodShape shape, NodeRecord node) {
    for (Placed pod : pods.values()) {
      for (AffinityTerm term : pod.shape().antiAffinity().required()) {
        if (means(term.pods(), shape) && together(term, node, nodeOf(pod))) {
          return false;
        }
      }
    }
    return true;
  }

  private @Nullable NodeRecord nodeOf(Placed pod) {
    return nodes.get(pod.nodeName());
  }

  private static @Nullable String label(@Nullable NodeRecord node, String key) {
    return node == null ? null : node.labels().get(key);
  }

  private static boolean together(AffinityTerm term, NodeRecord a, @Nullable NodeRecord b) {
    String here = label(a, term.topologyKey());
    return here != null && Objects.equals(here, label(b, term.topologyKey()));
  }

  private boolean means(PodSelector selector, PodShape pod) {
    LabelSelector among = selector.namespaceSelector();
    boolean namespace =
        selector.namespaces().contains(pod.namespace())
            || (among != null && among.matches(namespaces.getOrDefault(pod.namespace(), Map.of())));
    return namespace && selector.labels().matches(pod.labels());
  }
}
