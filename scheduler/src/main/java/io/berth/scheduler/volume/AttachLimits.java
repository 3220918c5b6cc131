package io.berth.scheduler.volume;

import io.berth.scheduler.core.Disk;
import java.util.Map;
import java.util.Set;

/**
 * How many volumes a node can attach. Immutable.
 *
 * @param byDriver by CSI driver, where the driver says so
 * @param migrated Kubernetes' own plugins whose disks CSI drivers attach on the node
 */
public record AttachLimits(Map<String, Integer> byDriver, Set<String> migrated) {
  static final AttachLimits NONE = new AttachLimits(Map.of(), Set.of());

  /** The CSI drivers that took over from Kubernetes' own plugins. */
  private static final Map<String, String> SUCCESSORS =
      Map.of(
          Disk.AWS, "ebs.csi.aws.com",
          Disk.AZURE, "disk.csi.azure.com",
          Disk.CINDER, "cinder.csi.openstack.org",
          Disk.GCE, "pd.csi.storage.gke.io",
          Disk.PORTWORX, "pxd.portworx.com");

  public AttachLimits {
    byDriver = Map.copyOf(byDriver);
    migrated = Set.copyOf(migrated);
  }

  /**
   * The CSI driver that attaches on the node what a plugin did.
   *
   * @param plugin such a plugin, or a CSI driver
   * @return empty where none does
   */
  String driver(String plugin) {
    String successor = SUCCESSORS.get(plugin);
    if (successor == null) {
      return plugin;
    }
    return migrated.contains(plugin) ? successor : "";
  }
}
