package io.berth.scheduler.volume;

import io.berth.scheduler.cluster.Node;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds volumes for claims on one node: the smallest that will do, else one that can be made. */
final class VolumeMatch {
  private final Storage storage;
  private final Node node;
  private boolean lacksSpace;

  VolumeMatch(Storage storage, Node node) {
    this.storage = storage;
    this.node = node;
  }

  /**
   * @return null where not all of them can be had on the node
   */
  @Nullable VolumePlan plan(List<Claim> claims) {
    Map<Claim, Volume> given = new LinkedHashMap<>();
    List<Claim> provisioned = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    List<Claim> smallestFirst = new ArrayList<>(claims);
    smallestFirst.sort(Comparator.comparingLong(Claim::request));
    for (Claim claim : smallestFirst) {
      String selected = storage.selectedNode(claim);
      Volume found = selected.isEmpty() ? find(claim, taken) : null;
      if (found != null) {
        given.put(claim, found);
        taken.add(found.name());
      } else if (canBeMade(claim, selected)) {
        provisioned.add(claim);
      } else {
        return null;
      }
    }
    return new VolumePlan(node.name(), given, provisioned);
  }

  /** Whether it was for space that the last volume could not be made. */
  boolean lacksSpace() {
    return lacksSpace;
  }

  private @Nullable Volume find(Claim claim, Set<String> taken) {
    for (Volume volume : storage.offered(claim)) {
      if (!taken.contains(volume.name()) && fits(volume, claim)) {
        return volume;
      }
    }
    return null;
  }

  /** A volume that is meant for the claim need not be available, nor match its selector. */
  private boolean fits(Volume volume, Claim claim) {
    if (volume.capacity() < claim.request()
        || !volume.volumeMode().equals(claim.volumeMode())
        || !volume.reachedFrom(node)) {
      return false;
    }
    return volume.isFor(claim)
        || (volume.available()
            && volume.accessModes().containsAll(claim.accessModes())
            && claim.selector().matches(volume.labels()));
  }

  private boolean canBeMade(Claim claim, String selected) {
    StorageClass storageClass = storage.classOf(claim);
    boolean may =
        storageClass != null
            && storageClass.provisions()
            && (selected.isEmpty()
                ? storageClass.provisionsFor(node)
                : selected.equals(node.name()));
    lacksSpace = may && !storage.spaceFor(claim, node);
    return may && !lacksSpace;
  }
}
