package io.berth.api.validation;

import java.util.List;

/** The fields that say where a volume lies: a volume has exactly one of them. */
public final class VolumeSources {
  /** Those of a persistent volume's spec. */
  public static final List<String> PERSISTENT =
      List.of(
          "hostPath",
          "gcePersistentDisk",
          "awsElasticBlockStore",
          "glusterfs",
          "flocker",
          "nfs",
          "rbd",
          "quobyte",
          "cephfs",
          "iscsi",
          "cinder",
          "fc",
          "flexVolume",
          "azureFile",
          "vsphereVolume",
          "photonPersistentDisk",
          "portworxVolume",
          "azureDisk",
          "scaleIO",
          "local",
          "storageos",
          "csi");

  private VolumeSources() {}
}
