package io.berth.scheduler.core;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Decides where one pod goes: the nodes that no filter forbids, and of those the one with the
 * highest score; ties go to the first by name. A pure function of its arguments.
 */
public final class Decider {
  private final List<Filter> filters;

  public Decider(ResourceIndex resources) {
    this.filters = Filters.all(resources);
  }

  public List<Filter> filters() {
    return filters;
  }

  public Decision decide(Snapshot snapshot, PodRecord pod) {
    List<NodeState> feasible = new ArrayList<>();
    SortedMap<String, Integer> reasons = new TreeMap<>();
    SortedSet<String> rejecting = new TreeSet<>();
    for (NodeState node : snapshot.nodes()) {
      if (passes(pod, node, reasons, rejecting)) {
        feasible.add(node);
      }
    }
    return feasible.isEmpty()
        ? new Decision.Unschedulable(snapshot.nodes().size(), reasons, rejecting)
        : new Decision.Placed(best(pod, feasible).name());
  }

  private boolean passes(
      PodRecord pod,
      NodeState node,
      SortedMap<String, Integer> reasons,
      SortedSet<String> rejecting) {
    for (Filter filter : filters) {
      List<String> found = filter.reasons(pod, node);
      if (!found.isEmpty()) {
        found.forEach(reason -> reasons.merge(reason, 1, Integer::sum));
        rejecting.add(filter.name());
        return false;
      }
    }
    return true;
  }

  private static NodeState best(PodRecord pod, List<NodeState> feasible) {
    double[] scores = Scores.of(pod, feasible);
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return feasible.get(best);
  }
}
