package io.berth.api.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Defaults of volumes, claims to them, and their classes and drivers. */
final class StorageDefaults {
  private static final String FILESYSTEM = "Filesystem";

  private StorageDefaults() {}

  static void volume(ObjectNode volume) {
    ObjectNode spec = Unset.object(volume, "spec");
    Unset.text(spec, "persistentVolumeReclaimPolicy", "Retain");
    Unset.text(spec, "volumeMode", FILESYSTEM);
    source(spec);
    Unset.text(Unset.object(volume, "status"), "phase", "Pending");
  }

  /** What pods' volumes and persistent ones have in common. */
  static void source(ObjectNode holder) {
    Unset.within(
        holder,
        "hostPath",
        path -> {
          if (Unset.unset(path, "type")) {
            path.put("type", "");
          }
        });
    Unset.within(holder, "iscsi", iscsi -> Unset.text(iscsi, "iscsiInterface", "default"));
    Unset.within(
        holder,
        "rbd",
        rbd -> {
          Unset.text(rbd, "pool", "rbd");
          Unset.text(rbd, "user", "admin");
          Unset.text(rbd, "keyring", "/etc/ceph/keyring");
        });
    Unset.within(
        holder,
        "azureDisk",
        disk -> {
          Unset.text(disk, "cachingMode", "ReadWrite");
          Unset.text(disk, "kind", "Shared");
          Unset.text(disk, "fsType", "ext4");
          Unset.flag(disk, "readOnly", false);
        });
    Unset.within(
        holder,
        "scaleIO",
        scaleIo -> {
          Unset.text(scaleIo, "storageMode", "ThinProvisioned");
          Unset.text(scaleIo, "fsType", "xfs");
        });
  }

  static void claim(ObjectNode claim) {
    claimSpec(Unset.object(claim, "spec"));
    Unset.text(Unset.object(claim, "status"), "phase", "Pending");
  }

  static void claimSpec(ObjectNode spec) {
    Unset.text(spec, "volumeMode", FILESYSTEM);
  }

  static void storageClass(ObjectNode storageClass) {
    Unset.text(storageClass, "reclaimPolicy", "Delete");
    Unset.text(storageClass, "volumeBindingMode", "Immediate");
  }

  static void driver(ObjectNode driver) {
    ObjectNode spec = Unset.object(driver, "spec");
    Unset.flag(spec, "attachRequired", true);
    Unset.flag(spec, "podInfoOnMount", false);
    Unset.flag(spec, "storageCapacity", false);
    Unset.text(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
    if (spec.path("volumeLifecycleModes").isEmpty()) {
      spec.putArray("volumeLifecycleModes").add("Persistent");
    }
    Unset.flag(spec, "requiresRepublish", false);
    Unset.flag(spec, "seLinuxMount", false);
  }

  static void attachment(ObjectNode attachment) {
    Unset.flag(Unset.object(attachment, "status"), "attached", false);
  }
}
