package io.berth.scheduler.gang;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.cluster.TopologyKey;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.preempt.Preemption;
import io.berth.scheduler.rules.PodCheck;
import io.berth.scheduler.volume.VolumePlan;
import io.berth.scheduler.volume.VolumeRules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Places the pods of a group all at once or not at all. It is one step of the loop: no pod of a
 * group ever holds room while others of it wait, so groups cannot lock each other out. Not safe for
 * use by several threads: the loop guards it.
 */
public final class GangPlacer {
  /** A pod and the place that was found for it; the model counts it and its volumes there. */
  public record Spot(PodRecord pod, Node node, int[] devices, VolumePlan volumes) {}

  /**
   * What came of it.
   *
   * @param spots the pods that were placed; none where too few could be
   * @param left the pods that found no place, or all where too few could be placed
   * @param possible how many could have been placed
   */
  public record Result(List<Spot> spots, List<PodRecord> left, int possible) {}

  /** What is said of nodes where a pod's group may not go. */
  public static final Rejection OUTSIDE =
      Rejection.unresolvable("GangScheduling", "node(s) were out of the pod group's domain");

  private final Cluster cluster;
  private final Function<PodRecord, Decider> deciders;
  private final VolumeRules volumeRules;

  /**
   * @param deciders who decides about a pod
   * @param volumeRules where volumes are reserved
   */
  public GangPlacer(
      Cluster cluster, Function<PodRecord, Decider> deciders, VolumeRules volumeRules) {
    this.cluster = cluster;
    this.deciders = deciders;
    this.volumeRules = volumeRules;
  }

  /** Is told of pods that found no place, while the others of their group are counted on theirs. */
  public interface Refused {
    /**
     * @param pods not empty
     * @param domain where they had to go, as in {@code zone=a}; empty for anywhere
     * @param within the nodes there, by index; null for all
     */
    void by(List<PodRecord> pods, String domain, @Nullable IntPredicate within);
  }

  /**
   * Looks for a place for each of the pods, the large ones first.
   *
   * @param least how many must be placed for any to be
   * @param placed the uids of the group's pods that have a node: the others go where they are
   * @param refused is told of those in the way where too few can be placed
   */
  public Result place(
      PodGroupRecord group,
      List<PodRecord> pods,
      int least,
      Collection<String> placed,
      Refused refused) {
    return place(group, pods, least, placed, refused, true);
  }

  /** Where the pods would go, as {@link #place} says it; nothing is changed. */
  public Result preview(
      PodGroupRecord group,
      List<PodRecord> pods,
      int least,
      Collection<String> placed,
      Refused refused) {
    Result result = place(group, pods, least, placed, refused, false);
    takeBack(result.spots());
    return result;
  }

  private Result place(
      PodGroupRecord group,
      List<PodRecord> pods,
      int least,
      Collection<String> placed,
      Refused refused,
      boolean real) {
    List<PodRecord> order = largestFirst(pods);
    List<Domain> domains = domains(group, placed);
    Result best = null;
    Domain bestDomain = domains.isEmpty() ? Domain.NOWHERE : domains.getFirst();
    for (Domain domain : domains) {
      Result result = tried(order, least, domain, domains.size() == 1 ? refused : null, real);
      if (!result.spots().isEmpty() || domains.size() == 1) {
        return result;
      }
      if (best == null || result.possible() > best.possible()) {
        best = result;
        bestDomain = domain;
      }
    }
    return tried(order, least, bestDomain, refused, real);
  }

  private static List<PodRecord> largestFirst(List<PodRecord> pods) {
    List<PodRecord> order = new ArrayList<>(pods);
    order.sort(
        Comparator.<PodRecord>comparingInt(p -> -p.priority())
            .thenComparingInt(p -> -p.shape().gpus())
            .thenComparingLong(p -> -p.shape().request(ResourceIndex.CPU))
            .thenComparingLong(p -> -p.shape().request(ResourceIndex.MEMORY)));
    return order;
  }

  /**
   * What holds for a pod, and that it keeps to nodes.
   *
   * @param within the nodes, by index
   */
  private record Keeping(@Nullable PodCheck own, IntPredicate within) implements PodCheck {
    @Override
    public @Nullable Rejection everywhere() {
      return own == null ? null : own.everywhere();
    }

    @Override
    public @Nullable Rejection test(Node node) {
      if (!within.test(node.index())) {
        return OUTSIDE;
      }
      return own == null ? null : own.test(node);
    }
  }

  /**
   * Where a group may go as a whole.
   *
   * @param name as in {@code zone=a}; empty for anywhere
   * @param within the nodes there, by index; null for all
   */
  private record Domain(String name, @Nullable IntPredicate within) {
    static final Domain NOWHERE = new Domain("no domain", index -> false);

    /** What holds for a pod, and that it keeps to the domain. */
    @Nullable PodCheck check(@Nullable PodCheck own) {
      return within == null ? own : new Keeping(own, within);
    }
  }

  /** Where the group is already, else all domains; none where no node has the label. */
  private List<Domain> domains(PodGroupRecord group, Collection<String> placed) {
    String label = group.topologyKey();
    if (label.isEmpty()) {
      return List.of(new Domain("", null));
    }
    Set<String> values = new TreeSet<>();
    for (String uid : placed) {
      Placement placement = cluster.placement(uid);
      String value = placement == null ? null : placement.node().labels().get(label);
      if (value != null) {
        values.add(value);
      }
    }
    if (values.isEmpty()) {
      for (Node node : cluster.nodes()) {
        String value = node.labels().get(label);
        if (value != null) {
          values.add(value);
        }
      }
    }
    TopologyKey key = cluster.neighbours().key(label);
    return values.stream().map(v -> new Domain(label + "=" + v, in(key, v))).toList();
  }

  private static IntPredicate in(TopologyKey key, String value) {
    return index -> {
      int number = key.domain(index);
      return number >= 0 && key.value(number).equals(value);
    };
  }

  private Result tried(
      List<PodRecord> pods, int least, Domain domain, @Nullable Refused refused, boolean real) {
    List<Spot> spots = new ArrayList<>();
    List<PodRecord> left = new ArrayList<>();
    for (PodRecord pod : pods) {
      Decider decider = deciders.apply(pod);
      IntPredicate within = domain.within();
      Spot spot = taken(pod, real ? decider.decide(pod, within) : decider.look(pod, within));
      if (spot == null) {
        left.add(pod);
      } else {
        spots.add(spot);
      }
    }
    if (spots.size() >= least) {
      return new Result(spots, left, spots.size());
    }
    if (refused != null) {
      refused.by(left, domain.name(), domain.within());
    }
    takeBack(spots);
    return new Result(List.of(), List.copyOf(pods), spots.size());
  }

  /** Those that come after it find its room taken, and its volumes. */
  private @Nullable Spot taken(PodRecord pod, Decider.@Nullable Spot spot) {
    VolumePlan volumes = spot == null ? null : volumeRules.reserve(pod, spot.node());
    if (spot == null || volumes == null) {
      return null;
    }
    cluster.assume(pod, spot.node(), spot.devices());
    return new Spot(pod, spot.node(), spot.devices(), volumes);
  }

  private void takeBack(List<Spot> spots) {
    for (Spot spot : spots) {
      cluster.forget(spot.pod());
      volumeRules.release(spot.volumes());
    }
  }

  /**
   * Room that is being made for a pod of a group.
   *
   * @param made null where room was there, or is being made already
   */
  public record Kept(PodRecord pod, Preemption.Outcome.@Nullable Nominated made) {}

  /**
   * Makes room for pods that find no place, by the leaving of pods of lower priority, for so many
   * that the group can be placed then, or for none. The room of each is kept.
   *
   * @return the pods whose room is kept; empty where it cannot be made
   */
  public List<Kept> makeRoom(
      PodGroupRecord group,
      List<PodRecord> pods,
      int least,
      Collection<String> placed,
      Preemption preemption) {
    List<PodRecord> order = largestFirst(pods);
    for (Domain domain : domains(group, placed)) {
      List<Kept> kept = makeRoom(order, least, domain, preemption);
      if (!kept.isEmpty()) {
        return kept;
      }
    }
    return List.of();
  }

  private List<Kept> makeRoom(
      List<PodRecord> pods, int least, Domain domain, Preemption preemption) {
    List<Spot> spots = new ArrayList<>();
    List<Kept> kept = new ArrayList<>();
    for (PodRecord pod : pods) {
      Decider decider = deciders.apply(pod);
      Spot spot = taken(pod, decider.look(pod, domain.within()));
      if (spot != null) {
        spots.add(spot);
      } else if (decider.diagnose(pod).everywhere().isEmpty()) {
        switch (preemption.attempt(pod, decider.profile(), domain.check(decider.own(pod)))) {
          case Preemption.Outcome.Nominated made -> kept.add(new Kept(pod, made));
          case Preemption.Outcome.Refused refused -> {
            if (cluster.nominations().nodeOf(pod.uid()) != null) {
              kept.add(new Kept(pod, null)); // its victims are leaving
            }
          }
        }
      }
    }
    takeBack(spots);
    if (spots.size() + kept.size() < least) {
      for (Kept one : kept) {
        if (one.made() != null) {
          preemption.undo(one.pod(), one.made());
        }
      }
      return List.of();
    }
    for (Spot spot : spots) {
      cluster.nominations().put(spot.pod(), spot.node().name(), spot.devices());
      kept.add(new Kept(spot.pod(), null));
    }
    return kept;
  }
}
