package io.berth.scheduler.gang;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.TopologyKey;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.decide.Decider;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
  /** A pod and the place that was found for it; the model counts it there. */
  public record Spot(PodRecord pod, Node node, int[] devices) {}

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

  /**
   * @param deciders who decides about a pod
   */
  public GangPlacer(Cluster cluster, Function<PodRecord, Decider> deciders) {
    this.cluster = cluster;
    this.deciders = deciders;
  }

  /**
   * Looks for a place for each of the pods, the large ones first.
   *
   * @param least how many must be placed for any to be
   */
  public Result place(PodGroupRecord group, List<PodRecord> pods, int least) {
    List<PodRecord> order = new ArrayList<>(pods);
    order.sort(
        Comparator.<PodRecord>comparingInt(p -> -p.priority())
            .thenComparingInt(p -> -p.shape().gpus())
            .thenComparingLong(p -> -p.shape().request(ResourceIndex.CPU))
            .thenComparingLong(p -> -p.shape().request(ResourceIndex.MEMORY)));
    if (group.topologyKey().isEmpty()) {
      return tried(order, least, null);
    }
    TopologyKey key = cluster.neighbours().key(group.topologyKey());
    TreeSet<String> domains = new TreeSet<>();
    Result best = new Result(List.of(), pods, 0);
    for (Node node : cluster.nodes()) {
      String value = node.labels().get(group.topologyKey());
      if (value != null) {
        domains.add(value);
      }
    }
    for (String domain : domains) {
      Result result = tried(order, least, index -> in(key, domain, index));
      if (!result.spots().isEmpty()) {
        return result;
      }
      best = result.possible() > best.possible() ? result : best;
    }
    return best;
  }

  private static boolean in(TopologyKey key, String domain, int index) {
    int number = key.domain(index);
    return number >= 0 && key.value(number).equals(domain);
  }

  private Result tried(List<PodRecord> pods, int least, @Nullable IntPredicate within) {
    List<Spot> spots = new ArrayList<>();
    List<PodRecord> left = new ArrayList<>();
    for (PodRecord pod : pods) {
      Decider.Spot spot = deciders.apply(pod).decide(pod, within);
      if (spot == null) {
        left.add(pod);
      } else {
        cluster.assume(pod, spot.node(), spot.devices());
        spots.add(new Spot(pod, spot.node(), spot.devices()));
      }
    }
    if (spots.size() >= least) {
      return new Result(spots, left, spots.size());
    }
    spots.forEach(spot -> cluster.forget(spot.pod()));
    return new Result(List.of(), List.copyOf(pods), spots.size());
  }
}
