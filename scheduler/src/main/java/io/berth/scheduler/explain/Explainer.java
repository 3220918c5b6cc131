package io.berth.scheduler.explain;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.decide.Decider;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/**
 * Says of a pod why each node does not take it, rule by rule, and which smallest changes would
 * help. Reads the model, changes nothing. Not safe for use by several threads: the loop guards it.
 */
public final class Explainer {
  private static final int REMEDIES = 5;

  /** How many nodes are looked at for a short answer: it is given again and again. */
  private static final int SAMPLE = 256;

  private final Cluster cluster;
  private final Decider decider;
  private final Fixes fixes;

  public Explainer(Cluster cluster, Decider decider) {
    this.cluster = cluster;
    this.decider = decider;
    this.fixes = new Fixes(cluster);
  }

  /** What a remedy costs and where it helps. */
  private static final class Option {
    double effort = Double.MAX_VALUE;
    final List<String> nodes = new ArrayList<>();
  }

  /**
   * Why no node takes the pod and what would help most, in a sentence or two. In large clusters the
   * change is looked for on some of the nodes only.
   */
  public String shortly(PodRecord pod) {
    return decider.diagnose(pod).message() + remedy(pod);
  }

  /**
   * The same for a pod that must go where its group is.
   *
   * @param within the nodes there, by index
   * @param outside what is said of the others
   */
  public String shortly(PodRecord pod, IntPredicate within, Rejection outside) {
    return decider.diagnose(pod, within, outside).message() + remedy(pod, within);
  }

  /** What would help most, as a sentence with a blank before it; empty where nothing is known. */
  public String remedy(PodRecord pod) {
    return remedy(pod, index -> true);
  }

  private String remedy(PodRecord pod, IntPredicate within) {
    if (!decider.diagnose(pod).everywhere().isEmpty()) {
      return ""; // it is for nothing that a node could change
    }
    Map<String, Option> options = new LinkedHashMap<>();
    int step = Math.max(1, cluster.end() / SAMPLE);
    for (int index = 0; index < cluster.end(); index += step) {
      Node node = cluster.at(index);
      if (node != null && within.test(index)) {
        List<Rejection> rejections = decider.rejections(pod, node);
        offer(fixes.of(pod.shape(), node, rejections), node, options);
      }
    }
    List<Explanation.Remedy> remedies = remedies(options);
    return remedies.isEmpty() ? "" : " It would help: " + remedies.getFirst() + ".";
  }

  /** Looks at every rule on every node. */
  public Explanation explain(PodRecord pod) {
    List<Explanation.NodeVerdict> verdicts = new ArrayList<>();
    Map<String, Option> options = new LinkedHashMap<>();
    List<Node> nodes = new ArrayList<>(cluster.nodes());
    nodes.sort(Comparator.comparing(Node::name));
    for (Node node : nodes) {
      List<Rejection> rejections = decider.rejections(pod, node);
      verdicts.add(new Explanation.NodeVerdict(node.name(), rejections));
      if (!rejections.isEmpty()) {
        offer(fixes.of(pod.shape(), node, rejections), node, options);
      }
    }
    long fit = verdicts.stream().filter(verdict -> verdict.reasons().isEmpty()).count();
    String summary =
        fit == 0
            ? decider.diagnose(pod).message()
            : fit + "/" + verdicts.size() + " nodes are available.";
    if (!decider.diagnose(pod).everywhere().isEmpty()) {
      options.clear(); // it is for nothing that a node could change
    }
    return new Explanation(pod.key(), summary, verdicts, remedies(options));
  }

  private static void offer(List<Fix> fixes, Node node, Map<String, Option> options) {
    String change = fixes.stream().map(Fix::text).collect(Collectors.joining(", and "));
    Option option = options.computeIfAbsent(change, c -> new Option());
    option.effort = Math.min(option.effort, Fixes.effort(fixes));
    option.nodes.add(node.name());
  }

  private static List<Explanation.Remedy> remedies(Map<String, Option> options) {
    return options.entrySet().stream()
        .sorted(
            Comparator.<Map.Entry<String, Option>>comparingDouble(e -> e.getValue().effort)
                .thenComparingInt(e -> -e.getValue().nodes.size())
                .thenComparing(Map.Entry::getKey))
        .limit(REMEDIES)
        .map(e -> new Explanation.Remedy(e.getKey(), e.getValue().nodes))
        .toList();
  }
}
