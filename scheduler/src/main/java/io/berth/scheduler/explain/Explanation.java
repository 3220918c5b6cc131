package io.berth.scheduler.explain;

import io.berth.scheduler.core.Rejection;
import java.util.List;

/**
 * Why a pod waits, and what would help. Immutable.
 *
 * @param pod the pod's namespace and name
 * @param summary in Kubernetes' words: how many nodes there are for it, else how many each reason
 *     was found on
 * @param nodes what keeps the pod from each node, by name; empty reasons where nothing does
 * @param remedies the smallest changes that would help, the smallest first
 */
public record Explanation(
    String pod, String summary, List<NodeVerdict> nodes, List<Remedy> remedies) {
  /** What keeps the pod from one node. */
  public record NodeVerdict(String node, List<Rejection> reasons) {
    public NodeVerdict {
      reasons = List.copyOf(reasons);
    }
  }

  /**
   * A change after which the pod would fit.
   *
   * @param change what to do, as a person would say it
   * @param nodes on which nodes; any one of them is enough
   */
  public record Remedy(String change, List<String> nodes) {
    private static final int NAMED = 3;

    public Remedy {
      nodes = List.copyOf(nodes);
    }

    @Override
    public String toString() {
      String where =
          nodes.size() <= NAMED
              ? String.join(" or ", nodes)
              : nodes.getFirst() + " or " + (nodes.size() - 1) + " other nodes";
      return change.replace(Fix.NODE, where);
    }
  }

  public Explanation {
    nodes = List.copyOf(nodes);
    remedies = List.copyOf(remedies);
  }

  /** Whether some node would take the pod now. */
  public boolean fits() {
    return nodes.stream().anyMatch(node -> node.reasons().isEmpty());
  }
}
