package io.berth.scheduler.core;

import static io.berth.scheduler.core.ClusterEvent.NODE_ADDED;
import static io.berth.scheduler.core.ClusterEvent.NODE_ALLOCATABLE_CHANGED;
import static io.berth.scheduler.core.ClusterEvent.NODE_LABELS_CHANGED;
import static io.berth.scheduler.core.ClusterEvent.NODE_TAINTS_CHANGED;
import static io.berth.scheduler.core.ClusterEvent.POD_LEFT;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** The rules that every pod is held against, cheap ones first. */
public final class Filters {
  /** The taint that cordoning stands for: pods may tolerate it. */
  private static final Taint CORDONED =
      new Taint("node.kubernetes.io/unschedulable", "", Taint.NO_SCHEDULE);

  private record Rule(
      String name,
      BiFunction<PodRecord, NodeState, List<String>> check,
      List<ClusterEvent> helpedBy)
      implements Filter {
    @Override
    public List<String> reasons(PodRecord pod, NodeState node) {
      return check.apply(pod, node);
    }
  }

  private Filters() {}

  /**
   * All rules, in the order in which they are tried; a node is counted under the first that forbids
   * it.
   *
   * @param resources names the resources in the reasons
   */
  public static List<Filter> all(ResourceIndex resources) {
    return List.of(
        new Rule(
            "NodeUnschedulable", Filters::unschedulable, List.of(NODE_ADDED, NODE_TAINTS_CHANGED)),
        new Rule("NodeName", Filters::nodeName, List.of(NODE_ADDED)),
        new Rule("TaintToleration", Filters::taints, List.of(NODE_ADDED, NODE_TAINTS_CHANGED)),
        new Rule("NodeAffinity", Filters::affinity, List.of(NODE_ADDED, NODE_LABELS_CHANGED)),
        new Rule("NodePorts", Filters::ports, List.of(NODE_ADDED, POD_LEFT)),
        new Rule(
            "NodeResourcesFit",
            (pod, node) -> fit(pod, node, resources),
            List.of(NODE_ADDED, NODE_ALLOCATABLE_CHANGED, POD_LEFT)));
  }

  private static List<String> unschedulable(PodRecord pod, NodeState node) {
    return node.unschedulable() && !pod.tolerates(CORDONED)
        ? List.of("node(s) were unschedulable")
        : List.of();
  }

  private static List<String> nodeName(PodRecord pod, NodeState node) {
    return pod.nodeName().isEmpty() || pod.nodeName().equals(node.name())
        ? List.of()
        : List.of("node(s) didn't match the requested node name");
  }

  private static List<String> taints(PodRecord pod, NodeState node) {
    for (Taint taint : node.taints()) {
      if (taint.forbids() && !pod.tolerates(taint)) {
        return List.of(
            "node(s) had untolerated taint {" + taint.key() + ": " + taint.value() + "}");
      }
    }
    return List.of();
  }

  private static List<String> affinity(PodRecord pod, NodeState node) {
    return selected(pod, node)
        ? List.of()
        : List.of("node(s) didn't match Pod's node affinity/selector");
  }

  private static boolean selected(PodRecord pod, NodeState node) {
    for (Map.Entry<String, String> wanted : pod.nodeSelector().entrySet()) {
      if (!wanted.getValue().equals(node.labels().get(wanted.getKey()))) {
        return false;
      }
    }
    List<NodeTerm> terms = pod.requiredTerms();
    return terms == null || terms.stream().anyMatch(term -> term.matches(node));
  }

  private static List<String> ports(PodRecord pod, NodeState node) {
    for (HostPort wanted : pod.hostPorts()) {
      for (HostPort held : node.hostPorts()) {
        if (wanted.conflicts(held)) {
          return List.of("node(s) didn't have free ports for the requested pod ports");
        }
      }
    }
    return List.of();
  }

  private static List<String> fit(PodRecord pod, NodeState node, ResourceIndex resources) {
    List<String> reasons = List.of();
    long[] requests = pod.requests();
    for (int slot = 0; slot < requests.length; slot++) {
      long free = Amounts.at(node.allocatable(), slot) - Amounts.at(node.requested(), slot);
      if (requests[slot] > 0 && requests[slot] > free) {
        reasons = reasons.isEmpty() ? new ArrayList<>() : reasons;
        reasons.add(
            slot == ResourceIndex.PODS ? "Too many pods" : "Insufficient " + resources.name(slot));
      }
    }
    return reasons;
  }
}
