package io.berth.scheduler.simulate;

import io.berth.scheduler.cluster.Cluster;
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
import io.berth.scheduler.simulate.Trip.Traveller;
import io.berth.scheduler.simulate.WhatIf.Fate;
import io.berth.scheduler.simulate.WhatIf.Verdict;
import io.berth.scheduler.volume.VolumeRules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Lets pods come to the model of a cluster, which it changes, as its scheduler would take them. Not
 * safe for use by several threads.
 */
final class Journey {
  private final Cluster cluster;
  private final Deciders deciders;
  private final VolumeRules volumes;
  private final Gangs gangs;
  private final GangPlacer placer;
  private final Preemption preemption;
  private final boolean pushes;
  private final Function<PodRecord, Fate> fates;
  private final List<PodRecord> gone = new ArrayList<>();
  private int numbers;

  /**
   * @param pushes whether pods may push out others
   */
  Journey(
      Cluster cluster,
      List<Profile> profiles,
      VolumeRules volumes,
      Gangs gangs,
      boolean pushes,
      Function<PodRecord, Fate> fates) {
    this.cluster = cluster;
    this.volumes = volumes;
    this.gangs = gangs;
    this.pushes = pushes;
    this.fates = fates;
    deciders = new Deciders(cluster, profiles, volumes);
    placer = new GangPlacer(cluster, deciders::of, volumes);
    preemption = new Preemption(cluster, new LeavingTogether(gangs, cluster));
  }

  Budgets budgets() {
    return preemption.budgets();
  }

  /** The pods that ended and that nothing makes anew; may be added to and cleared. */
  List<PodRecord> gone() {
    return gone;
  }

  /**
   * A pod on its way.
   *
   * @param from the node that it was on; empty for a new one
   * @param pushedOutBy the pod that takes its place; empty where none does
   */
  Traveller traveller(PodRecord pod, String from, String pushedOutBy) {
    return new Traveller(pod, from, pushedOutBy, numbers++);
  }

  /** What becomes of a pod that loses its node. */
  Fate fate(PodRecord pod) {
    if (pod.shape().namedNodes() != null) {
      return Fate.BOUND;
    }
    return pod.details().terminating() ? Fate.GONE : fates.apply(pod);
  }

  /** The pod as its controller makes it again: with no node and no devices. */
  static PodRecord anew(PodRecord pod) {
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

  /**
   * Places pods, and those that they push out; tells of all, in the order in which they came up.
   */
  Collection<Verdict> place(List<Traveller> travellers) {
    Trip trip = new Trip();
    travellers.forEach(trip::add);
    for (Traveller next = trip.next(); next != null; next = trip.next()) {
      place(next, trip);
    }
    explain(trip.verdicts());
    return trip.verdicts().values();
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
    if (pushes
        && decider.diagnose(pod).everywhere().isEmpty()
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
        case REPLACED -> trip.add(traveller(anew(victim), from, pod.key()));
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
    if (pushes && result.spots().isEmpty()) {
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
