package io.berth.scheduler.simulate;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.Obstacles;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.PodVolumes;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Deciders;
import io.berth.scheduler.decide.Profile;
import io.berth.scheduler.explain.Explainer;
import io.berth.scheduler.explain.Explanation;
import io.berth.scheduler.gang.GangPlacer;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.gang.LeavingTogether;
import io.berth.scheduler.gang.PodGroupRecord;
import io.berth.scheduler.preempt.Budgets;
import io.berth.scheduler.preempt.Preemption;
import io.berth.scheduler.volume.VolumeRules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.IntPredicate;
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
  private final Deciders deciders;
  private final VolumeRules volumes;
  private final Gangs gangs;
  private final GangPlacer placer;
  private final Preemption preemption;
  private final Function<PodRecord, Fate> fates;
  private final List<PodRecord> gone = new ArrayList<>();
  private int numbers;

  /**
   * @param cluster the nodes with the pods on them; is changed
   * @param profiles by what pods are decided
   * @param volumes what pods' claims demand
   * @param gangs the pod groups with the cluster's pods of them; is changed
   * @param fates what becomes of a pod of the cluster that loses its node
   */
  public WhatIf(
      Cluster cluster,
      List<Profile> profiles,
      VolumeRules volumes,
      Gangs gangs,
      Function<PodRecord, Fate> fates) {
    this.cluster = cluster;
    this.volumes = volumes;
    this.gangs = gangs;
    this.fates = fates;
    deciders = new Deciders(cluster, profiles, volumes);
    placer = new GangPlacer(cluster, deciders::of, volumes);
    preemption = new Preemption(cluster, new LeavingTogether(gangs, cluster));
  }

  /** The disruption budgets that are kept where they can be when pods push others out. */
  public Budgets budgets() {
    return preemption.budgets();
  }

  /** Lets pods come, those of higher priority first, of equal ones in their order. */
  public Arrival come(List<PodRecord> pods) {
    gone.clear();
    List<Traveller> travellers = new ArrayList<>();
    pods.forEach(pod -> travellers.add(new Traveller(gangs.ranked(pod), "", "", numbers++)));
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
        gangs.remove(pod.uid());
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
            was.volumes(),
            Obstacles.NONE);
    return new PodRecord(pod.name(), pod.uid(), pod.shape(), pod.priority(), "", details);
  }

  /** What is being found out about pods on their way. */
  private static final class Trip {
    final PriorityQueue<Traveller> queue = new PriorityQueue<>(FIRST);
    final Map<String, Verdict> verdicts = new LinkedHashMap<>();

    void add(Traveller traveller) {
      queue.add(traveller);
      verdicts.put(traveller.pod().uid(), verdict(traveller, null, null));
    }

    void placed(Traveller traveller, String nodeName) {
      verdicts.put(traveller.pod().uid(), verdict(traveller, nodeName, null));
    }

    void waits(Traveller traveller, String why) {
      Explanation said = new Explanation(traveller.pod().key(), why, List.of(), List.of());
      verdicts.put(traveller.pod().uid(), verdict(traveller, null, said));
    }

    /** The others of the queue that are placed with a pod of a gang. */
    List<Traveller> takeWith(String group) {
      List<Traveller> with =
          queue.stream()
              .filter(t -> Gangs.keyOf(t.pod()).equals(group))
              .filter(t -> t.pod().details().obstacles().none())
              .sorted(FIRST)
              .toList();
      queue.removeAll(with);
      return with;
    }
  }

  private Collection<Verdict> place(List<Traveller> travellers) {
    Trip trip = new Trip();
    travellers.forEach(trip::add);
    while (!trip.queue.isEmpty()) {
      place(trip.queue.poll(), trip);
    }
    explain(trip.verdicts);
    return trip.verdicts.values();
  }

  private void place(Traveller traveller, Trip trip) {
    PodDetails asks = traveller.pod().details();
    String key = Gangs.keyOf(traveller.pod());
    PodGroupRecord group = key.isEmpty() ? null : gangs.group(key);
    if (!asks.obstacles().none()) {
      trip.waits(traveller, asks.obstacles().message());
    } else if (deciders.named(asks.schedulerName()) == null) {
      trip.waits(traveller, "it is for another scheduler: " + asks.schedulerName());
    } else if (key.isEmpty() || (group != null && !group.binds())) {
      alone(traveller, trip);
    } else if (group == null) {
      trip.waits(traveller, "pod group " + key + " not found");
    } else {
      together(traveller, group, trip);
    }
  }

  private static Verdict verdict(
      Traveller traveller, @Nullable String to, @Nullable Explanation why) {
    return new Verdict(traveller.pod(), traveller.from(), to, traveller.pushedOutBy(), why);
  }

  private void alone(Traveller traveller, Trip trip) {
    PodRecord pod = traveller.pod();
    Decider decider = deciders.of(pod);
    if (take(pod, decider) || (pushIn(pod, decider, trip) && take(pod, decider))) {
      Placement placement = cluster.placement(pod.uid());
      if (placement != null) {
        trip.placed(traveller, placement.node().name());
      }
    }
    cluster.nominations().remove(pod.uid());
  }

  /** Decides, and counts the pod and its volumes on the node. */
  private boolean take(PodRecord pod, Decider decider) {
    Decider.Spot spot = decider.decide(pod);
    if (spot == null || volumes.reserve(pod, spot.node()) == null) {
      return false;
    }
    cluster.assume(pod, spot.node(), spot.devices());
    gangs.putAssumed(pod);
    return true;
  }

  /** Makes room by the leaving of pods of lower priority, which look for another node then. */
  private boolean pushIn(PodRecord pod, Decider decider, Trip trip) {
    if (decider.diagnose(pod).everywhere().isEmpty()
        && preemption.attempt(pod, decider.profile(), decider.own(pod))
            instanceof Preemption.Outcome.Nominated made) {
      leave(made, pod, trip);
      return true;
    }
    return false;
  }

  private void leave(Preemption.Outcome.Nominated made, PodRecord pod, Trip trip) {
    for (PodRecord victim : made.victims()) {
      Placement was = cluster.removePod(victim.uid());
      String from = was == null ? made.nodeName() : was.node().name();
      preemption.left(victim.uid());
      gangs.remove(victim.uid());
      switch (fate(victim)) {
        case REPLACED -> trip.add(new Traveller(anew(victim), from, pod.key(), numbers++));
        case GONE, BOUND -> gone.add(victim);
      }
    }
  }

  /** Places a group's pods in one step, those of the cluster that wait for them too. */
  private void together(Traveller first, PodGroupRecord group, Trip trip) {
    String key = group.key();
    List<Traveller> travellers = new ArrayList<>(List.of(first));
    List<PodRecord> pods = new ArrayList<>();
    if (group.isGang()) {
      travellers.addAll(trip.takeWith(key));
      pods.addAll(gangs.waiting(key));
    }
    travellers.forEach(t -> pods.add(t.pod()));
    String why = group.cannot();
    int placed = gangs.placed(key);
    int least = group.isGang() ? Math.max(1, group.minCount() - placed) : 1;
    if (why.isEmpty() && pods.size() < least) {
      why = group.tooFew(pods.size() + placed);
    }
    if (why.isEmpty()) {
      why = place(group, pods, least, trip);
    }
    for (Traveller traveller : travellers) {
      Placement placement = cluster.placement(traveller.pod().uid());
      if (placement != null) {
        trip.placed(traveller, placement.node().name());
      } else if (!why.isEmpty()) {
        trip.waits(traveller, why);
      } else {
        alone(traveller, trip);
      }
    }
  }

  /**
   * @return why too few can be placed; empty where enough are
   */
  private String place(PodGroupRecord group, List<PodRecord> pods, int least, Trip trip) {
    AtomicReference<String> why = new AtomicReference<>("");
    GangPlacer.Refused refused =
        (left, domain, within) -> why.set(reason(left.getFirst(), domain, within));
    Set<String> there = gangs.placedUids(group.key());
    GangPlacer.Result result = placer.place(group, pods, least, there, refused);
    if (result.spots().isEmpty()) {
      List<GangPlacer.Kept> kept = placer.makeRoom(group, pods, least, there, preemption);
      for (GangPlacer.Kept one : kept) {
        if (one.made() != null) {
          leave(one.made(), one.pod(), trip);
        }
      }
      if (!kept.isEmpty()) {
        result = placer.place(group, pods, least, there, refused);
      }
      pods.forEach(pod -> cluster.nominations().remove(pod.uid()));
    }
    result.spots().forEach(spot -> gangs.putAssumed(spot.pod()));
    return result.spots().isEmpty()
        ? group.tooFewFit(result.possible() + there.size(), String.valueOf(why.get()))
        : "";
  }

  private String reason(PodRecord pod, String domain, @Nullable IntPredicate within) {
    Explainer explainer = new Explainer(cluster, deciders.of(pod));
    return within == null
        ? explainer.shortly(pod)
        : "within " + domain + " " + explainer.shortly(pod, within, GangPlacer.OUTSIDE);
  }

  /** What is the same for pods that are alike to all rules. */
  private record Alike(PodShape shape, String schedulerName, PodVolumes volumes) {}

  /** Says of those that wait why, once all others are where they would be. */
  private void explain(Map<String, Verdict> verdicts) {
    Map<Alike, Explanation> known = new HashMap<>();
    for (Map.Entry<String, Verdict> entry : verdicts.entrySet()) {
      Verdict v = entry.getValue();
      if (!v.fits() && v.why() == null) {
        PodRecord pod = v.pod();
        Alike alike =
            new Alike(pod.shape(), pod.details().schedulerName(), pod.details().volumes());
        Explanation why =
            known.computeIfAbsent(
                alike, a -> new Explainer(cluster, deciders.of(pod)).explain(pod));
        entry.setValue(new Verdict(pod, v.from(), null, v.pushedOutBy(), why));
      }
    }
  }
}
