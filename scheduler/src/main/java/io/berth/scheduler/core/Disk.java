package io.berth.scheduler.core;

import java.util.Collections;
import java.util.Set;

/**
 * A disk that a pod or a persistent volume names by a volume source of Kubernetes' own, without a
 * CSI driver.
 *
 * @param plugin the plugin that attached such disks before there were CSI drivers
 * @param id which disk
 * @param monitors where it is found, for {@link #RBD} only
 * @param readOnly whether it is only read
 */
public record Disk(String plugin, String id, Set<String> monitors, boolean readOnly) {
  public static final String GCE = "kubernetes.io/gce-pd";
  public static final String AWS = "kubernetes.io/aws-ebs";
  public static final String AZURE = "kubernetes.io/azure-disk";
  public static final String CINDER = "kubernetes.io/cinder";
  public static final String PORTWORX = "kubernetes.io/portworx-volume";
  public static final String ISCSI = "kubernetes.io/iscsi";
  public static final String RBD = "kubernetes.io/rbd";

  public Disk {
    monitors = Set.copyOf(monitors);
  }

  /** Whether a node cannot have both at once. */
  public boolean conflicts(Disk other) {
    if (!plugin.equals(other.plugin) || !id.equals(other.id)) {
      return false;
    }
    return switch (plugin) {
      case AWS -> true;
      case GCE, ISCSI -> !(readOnly && other.readOnly);
      case RBD -> !(readOnly && other.readOnly) && !Collections.disjoint(monitors, other.monitors);
      default -> false;
    };
  }
}
