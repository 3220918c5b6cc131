package io.berth.scheduler.simulate;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Profile;
import io.berth.scheduler.explain.Explainer;
import io.berth.scheduler.explain.Explanation;
import io.berth.scheduler.preempt.Budgets;
import io.berth.scheduler.preempt.Preemption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the scheduler would do with more pods or fewer nodes: it decides on the model of a cluster,
 * which it changes, as on the real one. Not safe for use by several threads.
 */
public final class WhatIf {
  /**
   * Where a pod would go.
   *
   * @param pod the pod
   * @param from the node that it was on; empty for a new one
   * @param to its node; null where it would wait
   * @param pushedOutBy the pod of higher priority that would take its place; empty where none does
   * @param why what keeps it from each node; null where it has one
   */
  public record Verdict(
      PodRecord pod,
      String from,
      @Nullable String to,
      String pushedOutBy,
      @Nullable Explanation why) {
    public boolean fits() {
      return to != null;
    }
  }

  /**
   * What more pods' coming would do.
   *
   * @param verdicts where each would go, in their order, and after them the pods that they would
   *     push out
   * @param gone pods that they would push out and that nothing makes anew there
   */
  public record Arrival(List<Verdict> verdicts, List<PodRecord> gone) {
    public Arrival {
      verdicts = List.copyOf(verdicts);
      gone = List.copyOf(gone);
    }
  }

  /**
   * What nodes' failing would do.
   *
   * @param nodes the nodes that fail
   * @param moved pods that would get another node, or wait; the waiting first, of these the lowest
   *     priority first
   * @param gone pods that nothing makes anew: they have no controller
   * @param bound how many pods end with their nodes and belong nowhere else, as those of DaemonSets
   */
  public record Failure(List<String> nodes, List<Verdict> moved, List<PodRecord> gone, int bound) {
    public Failure {
      nodes = List.copyOf(nodes);
      moved = List.copyOf(moved);
      gone = List.copyOf(gone);
    }
  }

  /** What becomes of a pod that loses its node. */
  public enum Fate {
    /** Its controller makes another. */
    REPLACED,
    /** Nothing does. */
    GONE,
    /** It belongs to its node. */
    BOUND
  }

  /** A pod on its way. */
  private record Traveller(PodRecord pod, String from, String pushedOutBy, int number) {}

  private static final Comparator<Traveller> FIRST =
      Comparator.comparingInt((Traveller t) -> t.pod().priority())
          .reversed()
          .thenComparingInt(Traveller::number);

  private final Cluster cluster;
  private final Profile profile;
  private final Decider decider;
  private final Preemption preemption;
  private final Function<PodRecord, Fate> fates;
  private final List<PodRecord> gone = new ArrayList<>();
  private int numbers;

  /**
   * @param cluster the nodes with the pods on them; is changed
   * @param fates what becomes of a pod of the cluster that loses its node
   */
  public WhatIf(
      Cluster cluster, Function<Cluster, Profile> profile, Function<PodRecord, Fate> fates) {
    this.cluster = cluster;
    this.profile = profile.apply(cluster);
    this.decider = new Decider(cluster, this.profile);
    this.preemption = new Preemption(cluster);
    this.fates = fates;
  }

  /** The disruption budgets that are kept where they can be when pods push others out. */
  public Budgets budgets() {
    return preemption.budgets();
  }

  /** Lets pods come, those of higher priority first, of equal ones in their order. */
  public Arrival come(List<PodRecord> pods) {
    gone.clear();
    List<Traveller> travellers = new ArrayList<>();
    pods.forEach(pod -> travellers.add(new Traveller(pod, "", "", numbers++)));
    return new Arrival(List.copyOf(place(travellers)), gone);
  }

  /** Lets the nodes fail that are meant. */
  public Failure fail(Predicate<Node> meant) {
    List<Node> failing =
        cluster.nodes().stream().filter(meant).sorted(Comparator.comparing(Node::name)).toList();
    List<Traveller> travellers = new ArrayList<>();
    gone.clear();
    int bound = 0;
    for (Node node : failing) {
      for (Placement placement : List.copyOf(node.placements())) {
        PodRecord pod = placement.pod();
        cluster.removePod(pod.uid());
        switch (fate(pod)) {
          case REPLACED -> travellers.add(new Traveller(anew(pod), node.name(), "", numbers++));
          case GONE -> gone.add(pod);
          case BOUND -> bound++;
        }
      }
      cluster.removeNode(node.name());
    }
    List<Verdict> moved = new ArrayList<>(place(travellers));
    moved.sort(
        Comparator.comparing(Verdict::fits)
            .thenComparingInt(v -> v.pod().priority())
            .thenComparing(v -> v.pod().key()));
    return new Failure(failing.stream().map(Node::name).toList(), moved, gone, bound);
  }

  private Fate fate(PodRecord pod) {
    if (pod.shape().namedNodes() != null) {
      return Fate.BOUND;
    }
    return pod.details().terminating() ? Fate.GONE : fates.apply(pod);
  }

  /** The pod as its controller makes it again: with no node and no devices. */
  private static PodRecord anew(PodRecord pod) {
    PodDetails was = pod.details();
    PodDetails details =
        new PodDetails(
            was.schedulerName(),
            was.preempts(),
            false,
            0,
            "",
            was.group(),
            List.of(),
            was.volumes());
    return new PodRecord(pod.name(), pod.uid(), pod.shape(), pod.priority(), "", details);
  }

  private Collection<Verdict> place(List<Traveller> travellers) {
    PriorityQueue<Traveller> queue = new PriorityQueue<>(FIRST);
    queue.addAll(travellers);
    Map<String, Verdict> verdicts = new LinkedHashMap<>();
    travellers.forEach(t -> verdicts.put(t.pod().uid(), verdict(t, null)));
    while (!queue.isEmpty()) {
      Traveller traveller = queue.poll();
      Placement placement = decider.place(traveller.pod());
      if (placement == null) {
        placement = pushIn(traveller.pod(), queue);
      }
      String to = placement == null ? null : placement.node().name();
      verdicts.put(traveller.pod().uid(), verdict(traveller, to));
    }
    explain(verdicts);
    return verdicts.values();
  }

  private static Verdict verdict(Traveller traveller, @Nullable String to) {
    return new Verdict(traveller.pod(), traveller.from(), to, traveller.pushedOutBy(), null);
  }

  /** Makes room by the leaving of pods of lower priority, which look for another node then. */
  private @Nullable Placement pushIn(PodRecord pod, PriorityQueue<Traveller> queue) {
    if (!(preemption.attempt(pod, profile, null) instanceof Preemption.Outcome.Nominated made)) {
      return null;
    }
    for (PodRecord victim : made.victims()) {
      cluster.removePod(victim.uid());
      preemption.left(victim.uid());
      switch (fate(victim)) {
        case REPLACED ->
            queue.add(new Traveller(anew(victim), made.nodeName(), pod.key(), numbers++));
        case GONE, BOUND -> gone.add(victim);
      }
    }
    Placement placement = decider.place(pod);
    cluster.nominations().remove(pod.uid());
    return placement;
  }

  /** Says of those that wait why, once all others are where they would be. */
  private void explain(Map<String, Verdict> verdicts) {
    Explainer explainer = new Explainer(cluster, decider);
    Map<PodShape, Explanation> known = new HashMap<>();
    for (Map.Entry<String, Verdict> entry : verdicts.entrySet()) {
      Verdict v = entry.getValue();
      if (!v.fits()) {
        Explanation why = known.computeIfAbsent(v.pod().shape(), s -> explainer.explain(v.pod()));
        entry.setValue(new Verdict(v.pod(), v.from(), null, v.pushedOutBy(), why));
      }
    }
  }
}
