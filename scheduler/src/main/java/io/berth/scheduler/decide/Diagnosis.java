package io.berth.scheduler.decide;

import io.berth.scheduler.core.Rejection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Why no node takes a pod. Immutable.
 *
 * @param nodes how many nodes there are
 * @param reasons how many nodes each reason was found on
 * @param rules the names of the rules that turned the pod away
 * @param resolvable on how many nodes it might help that other pods leave
 * @param everywhere why the pod may go nowhere for now, whatever the nodes say; empty where it is
 *     for the nodes
 */
public record Diagnosis(
    int nodes,
    SortedMap<String, Integer> reasons,
    SortedSet<String> rules,
    int resolvable,
    String everywhere) {
  public Diagnosis {
    reasons = Collections.unmodifiableSortedMap(new TreeMap<>(reasons));
    rules = Collections.unmodifiableSortedSet(new TreeSet<>(rules));
  }

  /** The pod may go nowhere, whatever the nodes say. */
  static Diagnosis everywhere(int nodes, Rejection why) {
    TreeSet<String> rules = new TreeSet<>(List.of(why.rule()));
    return new Diagnosis(nodes, new TreeMap<>(), rules, 0, why.reason());
  }

  /** In Kubernetes' words: {@code 0/3 nodes are available: 1 Insufficient cpu, 2 Too many pods.} */
  public String message() {
    if (nodes == 0) {
      return "no nodes available to schedule pods";
    }
    if (!everywhere.isEmpty()) {
      return "0/" + nodes + " nodes are available: " + everywhere + ".";
    }
    String counted =
        reasons.entrySet().stream()
            .map(e -> e.getValue() + " " + e.getKey())
            .sorted()
            .collect(Collectors.joining(", "));
    return "0/" + nodes + " nodes are available: " + counted + ".";
  }

  /** The same with one reason more for some of the nodes. */
  Diagnosis and(Rejection rejection, int count) {
    Builder builder = new Builder();
    builder.nodes = nodes;
    builder.reasons.putAll(reasons);
    builder.rules.addAll(rules);
    builder.resolvable = resolvable + (rejection.resolvable() ? count : 0);
    builder.reasons.merge(rejection.reason(), count, Integer::sum);
    builder.rules.add(rejection.rule());
    return builder.build();
  }

  /** Collects node by node. */
  static final class Builder {
    private int nodes;
    private int resolvable;
    private final SortedMap<String, Integer> reasons = new TreeMap<>();
    private final SortedSet<String> rules = new TreeSet<>();

    /** So many nodes that say the same. */
    void add(List<Rejection> rejections, int count) {
      nodes += count;
      for (Rejection rejection : rejections) {
        reasons.merge(rejection.reason(), count, Integer::sum);
        rules.add(rejection.rule());
      }
      boolean all = !rejections.isEmpty() && rejections.stream().allMatch(Rejection::resolvable);
      resolvable += all ? count : 0;
    }

    Diagnosis build() {
      return new Diagnosis(nodes, reasons, rules, resolvable, "");
    }
  }
}
