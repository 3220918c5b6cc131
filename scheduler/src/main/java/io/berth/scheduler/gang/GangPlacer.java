package io.berth.scheduler.gang;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.cluster.TopologyKey;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.decide.Decider;
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
    List<PodRecord> order = new ArrayList<>(pods);
    order.sort(
        Comparator.<PodRecord>comparingInt(p -> -p.priority())
            .thenComparingInt(p -> -p.shape().gpus())
            .thenComparingLong(p -> -p.shape().request(ResourceIndex.CPU))
            .thenComparingLong(p -> -p.shape().request(ResourceIndex.MEMORY)));
    if (group.topologyKey().isEmpty()) {
      return tried(order, least, "", null, refused);
    }
    TopologyKey key = cluster.neighbours().key(group.topologyKey());
    Result best = null;
    String bestDomain = "";
    for (String domain : domains(group.topologyKey(), placed)) {
      Result result = tried(order, least, domain, in(key, domain), null);
      if (!result.spots().isEmpty()) {
        return result;
      }
      if (best == null || result.possible() > best.possible()) {
        best = result;
        bestDomain = domain;
      }
    }
    if (best == null) {
      refused.by(order, group.topologyKey(), index -> false);
      return new Result(List.of(), List.copyOf(pods), 0);
    }
    String said = group.topologyKey() + "=" + bestDomain;
    return tried(order, least, said, in(key, bestDomain), refused);
  }

  /** Where the group may go: where some of it is, else any domain. */
  private Set<String> domains(String key, Collection<String> placed) {
    Set<String> domains = new TreeSet<>();
    for (String uid : placed) {
      Placement placement = cluster.placement(uid);
      String value = placement == null ? null : placement.node().labels().get(key);
      if (value != null) {
        domains.add(value);
      }
    }
    if (domains.isEmpty()) {
      for (Node node : cluster.nodes()) {
        String value = node.labels().get(key);
        if (value != null) {
          domains.add(value);
        }
      }
    }
    return domains;
  }

  private static IntPredicate in(TopologyKey key, String domain) {
    return index -> {
      int number = key.domain(index);
      return number >= 0 && key.value(number).equals(domain);
    };
  }

  private Result tried(
      List<PodRecord> pods,
      int least,
      String domain,
      @Nullable IntPredicate within,
      @Nullable Refused refused) {
    List<Spot> spots = new ArrayList<>();
    List<PodRecord> left = new ArrayList<>();
    for (PodRecord pod : pods) {
      Spot spot = tried(pod, within);
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
      refused.by(left, domain, within);
    }
    for (Spot spot : spots) {
      cluster.forget(spot.pod());
      volumeRules.release(spot.volumes());
    }
    return new Result(List.of(), List.copyOf(pods), spots.size());
  }

  /** Those that come after it find its room taken, and its volumes. */
  private @Nullable Spot tried(PodRecord pod, @Nullable IntPredicate within) {
    Decider.Spot spot = deciders.apply(pod).decide(pod, within);
    VolumePlan volumes = spot == null ? null : volumeRules.reserve(pod, spot.node());
    if (spot == null || volumes == null) {
      return null;
    }
    cluster.assume(pod, spot.node(), spot.devices());
    return new Spot(pod, spot.node(), spot.devices(), volumes);
  }
}
