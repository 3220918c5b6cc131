package io.berth.scheduler.volume;

import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.ClaimName;
import io.berth.scheduler.core.Disk;
import io.berth.scheduler.core.PodRecord;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Counts the volumes that a node has to attach, by CSI driver; each volume once. */
final class VolumeLimits {
  private final Storage storage;
  private final AttachLimits limits;
  private final Map<String, Set<String>> attached = new HashMap<>();

  private VolumeLimits(Storage storage, AttachLimits limits) {
    this.storage = storage;
    this.limits = limits;
  }

  /** Whether a pod needs more volumes on a node than can be attached there. */
  static boolean exceeded(Storage storage, Node node, PodRecord pod) {
    AttachLimits limits = storage.limits(node.name());
    return !limits.byDriver().isEmpty() && new VolumeLimits(storage, limits).exceeded(node, pod);
  }

  private boolean exceeded(Node node, PodRecord pod) {
    node.mounting().forEach(this::count);
    Map<String, Integer> before = new HashMap<>();
    attached.forEach((driver, volumes) -> before.put(driver, volumes.size()));
    count(pod);
    for (Map.Entry<String, Set<String>> entry : attached.entrySet()) {
      Integer limit = limits.byDriver().get(entry.getKey());
      int now = entry.getValue().size();
      if (limit != null && now > limit && now > before.getOrDefault(entry.getKey(), 0)) {
        return true;
      }
    }
    return false;
  }

  private void count(PodRecord pod) {
    for (ClaimName name : pod.details().claims()) {
      Claim claim = storage.claim(pod.namespace(), name.name());
      if (claim != null) {
        count(claim);
      }
    }
    for (Disk disk : pod.details().volumes().disks()) {
      add(limits.driver(disk.plugin()), disk.id());
    }
  }

  /** A volume that is still to be made counts as one of its own. */
  private void count(Claim claim) {
    Volume volume = claim.volumeName().isEmpty() ? null : storage.volume(claim.volumeName());
    StorageClass storageClass = storage.classOf(claim);
    if (volume != null) {
      Disk disk = volume.disk();
      add(
          disk == null ? volume.driver() : limits.driver(disk.plugin()),
          disk == null ? volume.handle() : disk.id());
    } else if (storageClass != null) {
      add(limits.driver(storageClass.provisioner()), "claim " + claim.key());
    }
  }

  private void add(String driver, String volume) {
    if (!driver.isEmpty()) {
      attached.computeIfAbsent(driver, d -> new HashSet<>()).add(volume);
    }
  }
}
