package io.berth.scheduler.volume;

import io.berth.scheduler.cluster.ClaimUsers;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.Disk;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.rules.PodCheck;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the volumes of one pod demand of nodes. */
final class VolumeCheck implements PodCheck {
  private static final Rejection NO_DISK =
      Rejection.resolvable(VolumeRules.RESTRICTIONS, "node(s) had no available disk");
  private static final Rejection USED_BY_ANOTHER =
      Rejection.resolvable(
          VolumeRules.RESTRICTIONS,
          "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access"
              + " mode");
  private static final Rejection TOO_MANY =
      Rejection.resolvable(VolumeRules.LIMITS, "node(s) exceed max volume count");
  private static final Rejection GONE =
      Rejection.unresolvable(
          VolumeRules.BINDING,
          "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
  private static final Rejection AFFINITY =
      Rejection.unresolvable(
          VolumeRules.BINDING, "node(s) didn't match PersistentVolume's node affinity");
  private static final Rejection NONE_TO_BIND =
      Rejection.unresolvable(
          VolumeRules.BINDING, "node(s) didn't find available persistent volumes to bind");
  private static final Rejection NO_SPACE =
      Rejection.unresolvable(VolumeRules.BINDING, "node(s) did not have enough free storage");
  private static final Rejection OTHER_ZONE =
      Rejection.unresolvable(VolumeRules.ZONE, "node(s) had no available volume zone");

  /** The labels of volumes and nodes that tell where they are, and by what name before. */
  private static final Map<String, String> PLACES =
      Map.of(
          "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone",
          "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region");

  private final PodRecord pod;
  private final PodClaims claims;
  private final Storage storage;
  private final ClaimUsers users;

  VolumeCheck(PodRecord pod, PodClaims claims, Storage storage, ClaimUsers users) {
    this.pod = pod;
    this.claims = claims;
    this.storage = storage;
    this.users = users;
  }

  @Override
  public @Nullable Rejection everywhere() {
    return claims.fault();
  }

  @Override
  public @Nullable Rejection test(Node node) {
    Rejection found = claims.fault();
    if (found == null && diskTaken(node)) {
      found = NO_DISK;
    }
    if (found == null && claimTaken()) {
      found = USED_BY_ANOTHER;
    }
    if (found == null && VolumeLimits.exceeded(storage, node, pod)) {
      found = TOO_MANY;
    }
    return found == null ? binding(node) : found;
  }

  private boolean diskTaken(Node node) {
    List<Disk> disks = pod.details().volumes().disks();
    if (disks.isEmpty()) {
      return false;
    }
    for (PodRecord other : node.mounting()) {
      for (Disk held : other.details().volumes().disks()) {
        if (disks.stream().anyMatch(held::conflicts)) {
          return true;
        }
      }
    }
    return false;
  }

  /** A claim for one pod is taken wherever the pod is that has it. */
  private boolean claimTaken() {
    for (Claim claim : claims.forOnePod()) {
      if (users.others(claim.namespace(), claim.name(), pod.uid())) {
        return true;
      }
    }
    return false;
  }

  private @Nullable Rejection binding(Node node) {
    for (Claim claim : claims.bound()) {
      Volume volume = storage.volume(claim.volumeName());
      if (volume == null) {
        return GONE;
      }
      if (!volume.reachedFrom(node)) {
        return AFFINITY;
      }
      if (elsewhere(volume, node)) {
        return OTHER_ZONE;
      }
    }
    VolumeMatch match = new VolumeMatch(storage, node);
    if (claims.waiting().isEmpty() || match.plan(claims.waiting()) != null) {
      return null;
    }
    return match.lacksSpace() ? NO_SPACE : NONE_TO_BIND;
  }

  // Zones.

  private static boolean elsewhere(Volume volume, Node node) {
    boolean placed = false;
    for (Map.Entry<String, String> place : PLACES.entrySet()) {
      placed |=
          node.labels().containsKey(place.getKey()) || node.labels().containsKey(place.getValue());
    }
    if (!placed) {
      return false;
    }
    for (Map.Entry<String, String> place : PLACES.entrySet()) {
      if (differs(volume, place.getKey(), node, place.getKey())
          || differs(volume, place.getValue(), node, place.getKey())) {
        return true;
      }
    }
    return false;
  }

  /** A volume in several zones names them with two underscores between. */
  private static boolean differs(Volume volume, String label, Node node, String newLabel) {
    String values = volume.labels().get(label);
    if (values == null) {
      return false;
    }
    String here = node.labels().containsKey(label) ? node.labels().get(label) : null;
    String value = here == null ? node.labels().get(newLabel) : here;
    return value == null || !List.of(values.split("__", -1)).contains(value);
  }
}
