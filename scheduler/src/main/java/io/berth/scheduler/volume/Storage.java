package io.berth.scheduler.volume;

import io.berth.scheduler.cluster.Node;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Claims, volumes, classes and what nodes can attach, as the API shows them, with what was decided
 * about them and the API does not show yet. Not safe for use by several threads: the loop guards
 * it.
 */
public final class Storage {
  private final Map<String, Claim> claims = new HashMap<>();
  private final Map<String, Volume> volumes = new HashMap<>();
  private final Map<String, Map<String, Volume>> byClass = new HashMap<>();
  private final Map<String, StorageClass> classes = new HashMap<>();
  private final Map<String, AttachLimits> limits = new HashMap<>();

  /** The CSI drivers whose volumes are made only where they have told of enough space. */
  private final Set<String> counting = new HashSet<>();

  private final Map<String, Map<String, Capacity>> capacities = new HashMap<>();

  /** By volume, the key of the claim that it was given to. */
  private final Map<String, String> given = new HashMap<>();

  /** By claim, the node for which its volume is to be made. */
  private final Map<String, String> selected = new HashMap<>();

  // What the API shows.

  public void put(Claim claim) {
    claims.put(claim.key(), claim);
    if (!claim.selectedNode().isEmpty() || claim.bound()) {
      selected.remove(claim.key());
    }
  }

  public void removeClaim(String key) {
    claims.remove(key);
    selected.remove(key);
    given.values().removeIf(key::equals);
  }

  public void put(Volume volume) {
    removeVolume(volume.name(), false);
    volumes.put(volume.name(), volume);
    byClass.computeIfAbsent(volume.className(), c -> new TreeMap<>()).put(volume.name(), volume);
    if (!volume.claimUid().isEmpty()) {
      given.remove(volume.name());
    }
  }

  public void removeVolume(String name) {
    removeVolume(name, true);
  }

  private void removeVolume(String name, boolean forGood) {
    Volume before = volumes.remove(name);
    Map<String, Volume> alike = before == null ? null : byClass.get(before.className());
    if (before != null && alike != null && alike.remove(name) != null && alike.isEmpty()) {
      byClass.remove(before.className());
    }
    if (forGood) {
      given.remove(name);
    }
  }

  public void put(StorageClass storageClass) {
    classes.put(storageClass.name(), storageClass);
  }

  public void removeClass(String name) {
    classes.remove(name);
  }

  /** How many volumes a node can attach. */
  public void putLimits(String nodeName, AttachLimits attachable) {
    limits.put(nodeName, attachable);
  }

  public void removeLimits(String nodeName) {
    limits.remove(nodeName);
  }

  /**
   * Takes a CSI driver.
   *
   * @param counts whether its volumes are made only where it has told of enough space
   */
  public void putDriver(String name, boolean counts) {
    if (counts) {
      counting.add(name);
    } else {
      counting.remove(name);
    }
  }

  public void put(Capacity capacity) {
    removeCapacity(capacity.key());
    capacities
        .computeIfAbsent(capacity.className(), c -> new HashMap<>())
        .put(capacity.key(), capacity);
  }

  public void removeCapacity(String key) {
    capacities.values().forEach(ofClass -> ofClass.remove(key));
    capacities.values().removeIf(Map::isEmpty);
  }

  // What is known.

  @Nullable Claim claim(String namespace, String name) {
    return claims.get(namespace + "/" + name);
  }

  @Nullable Volume volume(String name) {
    return volumes.get(name);
  }

  @Nullable StorageClass classOf(Claim claim) {
    return claim.className().isEmpty() ? null : classes.get(claim.className());
  }

  /** The node for which a claim's volume is to be made, or empty. */
  String selectedNode(Claim claim) {
    String assumed = selected.get(claim.key());
    return assumed == null ? claim.selectedNode() : assumed;
  }

  AttachLimits limits(String nodeName) {
    return limits.getOrDefault(nodeName, AttachLimits.NONE);
  }

  /** Whether a volume for a claim can be made within a node's reach, as far as its driver tells. */
  boolean spaceFor(Claim claim, Node node) {
    StorageClass storageClass = classOf(claim);
    if (storageClass == null
        || claim.request() == 0
        || !counting.contains(storageClass.provisioner())) {
      return true;
    }
    for (Capacity capacity : capacities.getOrDefault(storageClass.name(), Map.of()).values()) {
      if (capacity.largest() >= claim.request() && capacity.nodes().matches(node.labels())) {
        return true;
      }
    }
    return false;
  }

  /** The volumes of a claim's class that are free or meant for it, the smallest first. */
  List<Volume> offered(Claim claim) {
    Collection<Volume> alike = byClass.getOrDefault(claim.className(), Map.of()).values();
    return alike.stream()
        .filter(v -> !v.deleting() && claim.key().equals(given.getOrDefault(v.name(), claim.key())))
        .filter(v -> v.claim().isEmpty() || v.isFor(claim))
        .sorted(
            Comparator.<Volume, Boolean>comparing(v -> !v.isFor(claim))
                .thenComparingLong(Volume::capacity)
                .thenComparing(Volume::name))
        .toList();
  }

  // What was decided.

  void give(Volume volume, Claim claim) {
    given.put(volume.name(), claim.key());
  }

  void select(Claim claim, String nodeName) {
    selected.put(claim.key(), nodeName);
  }

  /** Takes back what was decided and the API does not show. */
  void forget(VolumePlan plan) {
    plan.given().forEach((claim, volume) -> given.remove(volume.name(), claim.key()));
    plan.provisioned().forEach(claim -> selected.remove(claim.key()));
  }
}
