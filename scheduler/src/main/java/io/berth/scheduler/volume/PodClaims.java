package io.berth.scheduler.volume;

import io.berth.scheduler.core.ClaimName;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.Rejection;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pod's claims by how far they are.
 *
 * @param fault why the pod may go nowhere whatever the node, or null
 * @param bound those that have a volume
 * @param waiting those that get one when the pod has a node
 */
record PodClaims(@Nullable Rejection fault, List<Claim> bound, List<Claim> waiting) {
  PodClaims {
    bound = List.copyOf(bound);
    waiting = List.copyOf(waiting);
  }

  static PodClaims of(PodRecord pod, Storage storage) {
    List<Claim> bound = new ArrayList<>();
    List<Claim> waiting = new ArrayList<>();
    String unbound = null;
    for (ClaimName name : pod.details().claims()) {
      Claim claim = storage.claim(pod.namespace(), name.name());
      String fault = fault(pod, name, claim);
      if (claim == null || fault != null) {
        Rejection why = Rejection.unresolvable(VolumeRules.BINDING, String.valueOf(fault));
        return new PodClaims(why, List.of(), List.of());
      }
      StorageClass storageClass = storage.classOf(claim);
      if (claim.bound()) {
        bound.add(claim);
      } else if (storageClass != null && storageClass.waits() && claim.volumeName().isEmpty()) {
        waiting.add(claim);
      } else {
        unbound = "pod has unbound immediate PersistentVolumeClaims";
      }
    }
    return new PodClaims(
        unbound == null ? null : Rejection.unresolvable(VolumeRules.BINDING, unbound),
        bound,
        waiting);
  }

  /** Those that no two pods may have at once. */
  List<Claim> forOnePod() {
    List<Claim> found = new ArrayList<>();
    bound.stream().filter(Claim::forOnePod).forEach(found::add);
    waiting.stream().filter(Claim::forOnePod).forEach(found::add);
    return found;
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
}
