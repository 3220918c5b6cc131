package io.berth.scheduler.simulate;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.decide.Profile;
import io.berth.scheduler.explain.Explanation;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.preempt.Budgets;
import io.berth.scheduler.simulate.Trip.Traveller;
import io.berth.scheduler.volume.VolumeRules;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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

  private final Cluster cluster;
  private final Gangs gangs;
  private final Journey journey;

  /**
   * @param cluster the nodes with the pods on them; is changed
   * @param profiles by what pods are decided
   * @param volumes what pods' claims demand
   * @param gangs the pod groups with the cluster's pods of them; is changed
   * @param pushes whether pods may push out others of lower priority
   * @param fates what becomes of a pod that loses its node
   */
  public WhatIf(
      Cluster cluster,
      List<Profile> profiles,
      VolumeRules volumes,
      Gangs gangs,
      boolean pushes,
      Function<PodRecord, Fate> fates) {
    this.cluster = cluster;
    this.gangs = gangs;
    journey = new Journey(cluster, profiles, volumes, gangs, pushes, fates);
  }

  /** The disruption budgets that are kept where they can be when pods push others out. */
  public Budgets budgets() {
    return journey.budgets();
  }

  /** Lets pods come, those of higher priority first, of equal ones in their order. */
  public Arrival come(List<PodRecord> pods) {
    journey.gone().clear();
    List<Traveller> travellers =
        pods.stream().map(pod -> journey.traveller(gangs.ranked(pod), "", "")).toList();
    return new Arrival(List.copyOf(journey.place(travellers)), journey.gone());
  }

  /** Lets the nodes fail that are meant. */
  public Failure fail(Predicate<Node> meant) {
    List<Node> failing =
        cluster.nodes().stream().filter(meant).sorted(Comparator.comparing(Node::name)).toList();
    List<Traveller> travellers = new ArrayList<>();
    journey.gone().clear();
    int bound = 0;
    for (Node node : failing) {
      for (Placement placement : List.copyOf(node.placements())) {
        PodRecord pod = placement.pod();
        cluster.removePod(pod.uid());
        gangs.remove(pod.uid());
        switch (journey.fate(pod)) {
          case REPLACED -> travellers.add(journey.traveller(Journey.anew(pod), node.name(), ""));
          case GONE -> journey.gone().add(pod);
          case BOUND -> bound++;
        }
      }
      cluster.removeNode(node.name());
    }
    List<Verdict> moved = new ArrayList<>(journey.place(travellers));
    moved.sort(
        Comparator.comparing(Verdict::fits)
            .thenComparingInt(v -> v.pod().priority())
            .thenComparing(v -> v.pod().key()));
    return new Failure(failing.stream().map(Node::name).toList(), moved, journey.gone(), bound);
  }
}
