package io.berth.scheduler.volume;

import static io.berth.scheduler.core.ClusterEvent.NODE_ADDED;
import static io.berth.scheduler.core.ClusterEvent.NODE_LABELS_CHANGED;
import static io.berth.scheduler.core.ClusterEvent.POD_LEFT;
import static io.berth.scheduler.core.ClusterEvent.STORAGE_CHANGED;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.rules.PodCheck;
import io.berth.scheduler.rules.PodRule;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the volumes of a pod demand of its node: Kubernetes' VolumeBinding, VolumeZone,
 * VolumeRestrictions and NodeVolumeLimits. Not safe for use by several threads: the loop guards it.
 */
public final class VolumeRules implements PodRule {
  static final String BINDING = "VolumeBinding";

  /** Also of claims that are taken elsewhere: what happens on one node may open another. */
  public static final String RESTRICTIONS = "VolumeRestrictions";

  static final String LIMITS = "NodeVolumeLimits";
  static final String ZONE = "VolumeZone";
  private static final Set<String> NAMES = Set.of(BINDING, RESTRICTIONS, LIMITS, ZONE);

  private final Cluster cluster;
  private final Storage storage;

  public VolumeRules(Cluster cluster, Storage storage) {
    this.cluster = cluster;
    this.storage = storage;
  }

  @Override
  public Set<ClusterEvent> helpedBy(Set<String> rules) {
    return rules.stream().anyMatch(NAMES::contains)
        ? Set.of(STORAGE_CHANGED, NODE_ADDED, NODE_LABELS_CHANGED, POD_LEFT)
        : Set.of();
  }

  @Override
  public @Nullable PodCheck bind(PodRecord pod) {
    return pod.details().volumes().isEmpty()
        ? null
        : new VolumeCheck(pod, PodClaims.of(pod, storage), storage, cluster.claimUsers());
  }

  /**
   * Gives the pod's unbound claims to volumes or to be made for the node.
   *
   * @return null where they cannot be had there any more
   */
  public @Nullable VolumePlan reserve(PodRecord pod, Node node) {
    if (pod.details().claims().isEmpty()) {
      return VolumePlan.NONE;
    }
    PodClaims claims = PodClaims.of(pod, storage);
    if (claims.fault() != null) {
      return null;
    }
    VolumePlan plan = new VolumeMatch(storage, node).plan(claims.waiting());
    if (plan != null) {
      plan.given().forEach((claim, volume) -> storage.give(volume, claim));
      plan.provisioned().forEach(claim -> storage.select(claim, node.name()));
    }
    return plan;
  }

  /** A reservation ends without effect. */
  public void release(VolumePlan plan) {
    storage.forget(plan);
  }
}
