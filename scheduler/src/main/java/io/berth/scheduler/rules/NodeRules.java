package io.berth.scheduler.rules;

import static io.berth.scheduler.core.ClusterEvent.NODE_ADDED;
import static io.berth.scheduler.core.ClusterEvent.NODE_LABELS_CHANGED;
import static io.berth.scheduler.core.ClusterEvent.NODE_TAINTS_CHANGED;
import static io.berth.scheduler.core.ClusterEvent.POD_LEFT;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.HostPort;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.core.Taint;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The rules that look at one node and what is on it, its resources left out. */
public final class NodeRules {
  /** The taint that cordoning stands for: pods may tolerate it. */
  private static final Taint CORDONED =
      new Taint("node.kubernetes.io/unschedulable", "", Taint.NO_SCHEDULE);

  private static final Rejection UNSCHEDULABLE =
      Rejection.unresolvable("NodeUnschedulable", "node(s) were unschedulable");
  private static final Rejection AFFINITY =
      Rejection.unresolvable("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
  private static final Rejection ADDED_AFFINITY =
      Rejection.unresolvable(
          "NodeAffinity", "node(s) didn't match scheduler-enforced node affinity");
  private static final Rejection PORTS =
      Rejection.resolvable(
          "NodePorts", "node(s) didn't have free ports for the requested pod ports");

  private record Simple(
      String name,
      Set<ClusterEvent> helpedBy,
      BiFunction<PodShape, Cluster, @Nullable Check> binding)
      implements Rule {
    @Override
    public @Nullable Check bind(PodShape shape, Cluster cluster) {
      return binding.apply(shape, cluster);
    }
  }

  private NodeRules() {}

  /** These rules in the order in which they are tried. */
  public static List<Rule> all() {
    return all(null);
  }

  /**
   * @param added of all pods, beside what they ask for themselves: a node must match one of these
   *     terms; null where any will do
   */
  public static List<Rule> all(@Nullable List<NodeTerm> added) {
    return List.of(
        new Simple(
            "NodeUnschedulable", Set.of(NODE_ADDED, NODE_TAINTS_CHANGED), NodeRules::unschedulable),
        new Simple("TaintToleration", Set.of(NODE_ADDED, NODE_TAINTS_CHANGED), NodeRules::taints),
        new Simple(
            "NodeAffinity",
            Set.of(NODE_ADDED, NODE_LABELS_CHANGED),
            (shape, cluster) -> added == null ? affinity(shape) : affinity(shape, added)),
        new Simple("NodePorts", Set.of(NODE_ADDED, POD_LEFT), NodeRules::ports));
  }

  private static @Nullable Check unschedulable(PodShape shape, Cluster cluster) {
    return shape.tolerates(CORDONED)
        ? null
        : node -> node.record().unschedulable() ? UNSCHEDULABLE : null;
  }

  private static Check taints(PodShape shape, Cluster cluster) {
    return node -> {
      List<Taint> taints = node.record().taints();
      for (int i = 0; i < taints.size(); i++) {
        Taint taint = taints.get(i);
        if (taint.forbids() && !shape.tolerates(taint)) {
          return Rejection.unresolvable(
              "TaintToleration",
              "node(s) had untolerated taint {" + taint.key() + ": " + taint.value() + "}");
        }
      }
      return null;
    };
  }

  private static Check affinity(PodShape shape, List<NodeTerm> added) {
    return node -> {
      if (added.stream().noneMatch(term -> term.matches(node.name(), node.labels()))) {
        return ADDED_AFFINITY;
      }
      return shape.selects(node.name(), node.labels()) ? null : AFFINITY;
    };
  }

  private static @Nullable Check affinity(PodShape shape) {
    return shape.nodeSelector().isEmpty() && shape.requiredTerms() == null
        ? null
        : node -> shape.selects(node.name(), node.labels()) ? null : AFFINITY;
  }

  private static @Nullable Check ports(PodShape shape, Cluster cluster) {
    if (shape.hostPorts().isEmpty()) {
      return null;
    }
    return node -> {
      for (HostPort wanted : shape.hostPorts()) {
        for (HostPort held : node.hostPorts()) {
          if (wanted.conflicts(held)) {
            return PORTS;
          }
        }
      }
      return null;
    };
  }
}
