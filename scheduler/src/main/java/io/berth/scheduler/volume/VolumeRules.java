package io.berth.scheduler.volume;

import static io.berth.scheduler.core.ClusterEvent.NODE_ADDED;
import static io.berth.scheduler.core.ClusterEvent.NODE_LABELS_CHANGED;
import static io.berth.scheduler.core.ClusterEvent.POD_LEFT;
import static io.berth.scheduler.core.ClusterEvent.STORAGE_CHANGED;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.ClaimName;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.rules.PodCheck;
import io.berth.scheduler.rules.PodRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the volumes of a pod demand of its node: Kubernetes' VolumeBinding, VolumeZone,
 * VolumeRestrictions and NodeVolumeLimits. Not safe for use by several threads: the loop guards it.
 */
public final class VolumeRules implements PodRule {
  static final String BINDING = "VolumeBinding";
  static final String RESTRICTIONS = "VolumeRestrictions";
  static final String LIMITS = "NodeVolumeLimits";
  static final String ZONE = "VolumeZone";
  private static final Set<String> NAMES = Set.of(BINDING, RESTRICTIONS, LIMITS, ZONE);

  private static final Rejection USED_BY_ANOTHER =
      Rejection.resolvable(
          RESTRICTIONS,
          "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access"
              + " mode");

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
    return pod.details().claims().isEmpty() ? null : check(pod);
  }

  private PodCheck check(PodRecord pod) {
    List<Claim> bound = new ArrayList<>();
    List<Claim> waiting = new ArrayList<>();
    Rejection refusal = sort(pod, bound, waiting);
    return new ClaimsCheck(storage, refusal, bound, waiting);
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
    List<Claim> bound = new ArrayList<>();
    List<Claim> waiting = new ArrayList<>();
    if (sort(pod, bound, waiting) != null) {
      return null;
    }
    VolumePlan plan = new VolumeMatch(storage, node).plan(waiting);
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

  /**
   * Divides the pod's claims.
   *
   * @return why the pod may go nowhere, or null
   */
  private @Nullable Rejection sort(PodRecord pod, List<Claim> bound, List<Claim> waiting) {
    boolean immediate = false;
    for (ClaimName name : pod.details().claims()) {
      Claim claim = storage.claim(pod.namespace(), name.name());
      String fault = fault(pod, name, claim);
      if (claim == null || fault != null) {
        return Rejection.unresolvable(BINDING, String.valueOf(fault));
      }
      if (claim.forOnePod() && usedByAnother(pod, claim)) {
        return USED_BY_ANOTHER;
      }
      StorageClass storageClass = storage.classOf(claim);
      if (claim.bound()) {
        bound.add(claim);
      } else if (storageClass != null && storageClass.waits() && claim.volumeName().isEmpty()) {
        waiting.add(claim);
      } else {
        immediate = true;
      }
    }
    return immediate
        ? Rejection.unresolvable(BINDING, "pod has unbound immediate PersistentVolumeClaims")
        : null;
  }

  private static @Nullable String fault(PodRecord pod, ClaimName name, @Nullable Claim claim) {
    String quoted = "persistentvolumeclaim \"" + name.name() + "\"";
    if (claim == null) {
      return name.ephemeral()
          ? "waiting for ephemeral volume controller to create the " + quoted
          : quoted + " not found";
    }
    if (claim.lost()) {
      return quoted + " bound to non-existent persistentvolume \"" + claim.volumeName() + "\"";
    }
    if (claim.deleting()) {
      return quoted + " is being deleted";
    }
    if (name.ephemeral() && !claim.owner().equals(pod.uid())) {
      return "PVC " + claim.key() + " was not created for pod " + pod.key() + " (pod is not owner)";
    }
    return null;
  }

  private boolean usedByAnother(PodRecord pod, Claim claim) {
    for (Node node : cluster.nodes()) {
      for (Placement placement : node.placements()) {
        PodRecord other = placement.pod();
        if (!other.uid().equals(pod.uid())
            && other.namespace().equals(claim.namespace())
            && other.details().claims().stream().anyMatch(c -> c.name().equals(claim.name()))) {
          return true;
        }
      }
    }
    return false;
  }
}
