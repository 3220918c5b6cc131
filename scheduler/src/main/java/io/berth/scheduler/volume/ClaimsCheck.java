package io.berth.scheduler.volume;

import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.ClaimName;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.rules.PodCheck;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the claims of one pod demand of nodes. */
final class ClaimsCheck implements PodCheck {
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
  private static final Rejection OTHER_ZONE =
      Rejection.unresolvable(VolumeRules.ZONE, "node(s) had no available volume zone");

  /** The labels of volumes and nodes that tell where they are, and by what name before. */
  private static final Map<String, String> PLACES =
      Map.of(
          "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone",
          "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region");

  private final Storage storage;
  private final @Nullable Rejection everywhere;
  private final List<Claim> bound;
  private final List<Claim> waiting;

  ClaimsCheck(
      Storage storage, @Nullable Rejection everywhere, List<Claim> bound, List<Claim> waiting) {
    this.storage = storage;
    this.everywhere = everywhere;
    this.bound = bound;
    this.waiting = waiting;
  }

  @Override
  public @Nullable Rejection everywhere() {
    return everywhere;
  }

  @Override
  public @Nullable Rejection test(Node node) {
    if (everywhere != null) {
      return everywhere;
    }
    if (exceeds(node)) {
      return TOO_MANY;
    }
    for (Claim claim : bound) {
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
    return waiting.isEmpty() || new VolumeMatch(storage, node).plan(waiting) != null
        ? null
        : NONE_TO_BIND;
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

  // Limits.

  private boolean exceeds(Node node) {
    Map<String, Integer> limits = storage.limits(node.name());
    if (limits.isEmpty()) {
      return false;
    }
    Map<String, Set<String>> there = new HashMap<>();
    for (Placement placement : node.placements()) {
      PodRecord pod = placement.pod();
      for (ClaimName name : pod.details().claims()) {
        Claim claim = storage.claim(pod.namespace(), name.name());
        if (claim != null) {
          count(claim, there);
        }
      }
    }
    Map<String, Integer> before = new HashMap<>();
    there.forEach((driver, volumes) -> before.put(driver, volumes.size()));
    bound.forEach(claim -> count(claim, there));
    waiting.forEach(claim -> count(claim, there));
    for (Map.Entry<String, Set<String>> entry : there.entrySet()) {
      Integer limit = limits.get(entry.getKey());
      int now = entry.getValue().size();
      if (limit != null && now > limit && now > before.getOrDefault(entry.getKey(), 0)) {
        return true;
      }
    }
    return false;
  }

  /** A volume that is still to be made counts as one of its own. */
  private void count(Claim claim, Map<String, Set<String>> byDriver) {
    Volume volume = claim.volumeName().isEmpty() ? null : storage.volume(claim.volumeName());
    StorageClass storageClass = storage.classOf(claim);
    if (volume != null && !volume.driver().isEmpty()) {
      byDriver.computeIfAbsent(volume.driver(), d -> new HashSet<>()).add(volume.handle());
    } else if (volume == null && storageClass != null) {
      byDriver
          .computeIfAbsent(storageClass.provisioner(), d -> new HashSet<>())
          .add("claim " + claim.key());
    }
  }
}
