package io.berth.scheduler.core;

import java.util.SortedMap;
import java.util.SortedSet;
import java.util.stream.Collectors;

/** What was decided for one pod. */
public sealed interface Decision {
  /** It goes to this node. */
  record Placed(String nodeName) implements Decision {}

  /**
   * No node takes it.
   *
   * @param nodes how many nodes there are
   * @param reasons how many nodes each reason was found on
   * @param filters the names of the filters that turned it away
   */
  record Unschedulable(int nodes, SortedMap<String, Integer> reasons, SortedSet<String> filters)
      implements Decision {
    /**
     * In Kubernetes' words: {@code 0/3 nodes are available: 1 Insufficient cpu, 2 Too many pods.}
     */
    public String message() {
      if (nodes == 0) {
        return "no nodes available to schedule pods";
      }
      String counted =
          reasons.entrySet().stream()
              .map(e -> e.getValue() + " " + e.getKey())
              .sorted()
              .collect(Collectors.joining(", "));
      return "0/" + nodes + " nodes are available: " + counted + ".";
    }
  }
}
