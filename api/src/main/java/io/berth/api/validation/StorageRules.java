package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import io.berth.api.object.Quantity;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Volumes, claims, and their classes and drivers. */
final class StorageRules {
  private static final List<String> MODES =
      List.of("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod");
  private static final List<String> RECLAIM = List.of("Delete", "Recycle", "Retain");
  private static final List<String> VOLUME_MODES = List.of("Block", "Filesystem");
  private static final List<String> BINDING = List.of("Immediate", "WaitForFirstConsumer");

  private StorageRules() {}

  static void volume(JsonNode spec, Report report) {
    if (spec.path("accessModes").isEmpty()) {
      report.required("spec.accessModes");
    }
    modes(spec, report);
    JsonNode capacity = spec.path("capacity");
    if (capacity.isEmpty()) {
      report.required("spec.capacity");
    } else if (!capacity.has("storage") || capacity.size() > 1) {
      String other =
          capacity.properties().stream()
              .map(amount -> amount.getKey())
              .filter(name -> !name.equals("storage"))
              .findFirst()
              .orElse("");
      report.add(FieldError.notSupported("spec.capacity", other, List.of("storage")));
    }
    for (var amount : capacity.properties()) {
      positive(amount.getValue(), "spec.capacity[" + amount.getKey() + "]", report);
    }
    report.oneOf(spec, "spec", "persistentVolumeReclaimPolicy", RECLAIM);
    sources(spec, report);
    report.oneOf(spec, "spec", "volumeMode", VOLUME_MODES);
    report.optional(spec, "spec", "storageClassName", Names::dns1123Subdomain);
  }

  private static void sources(JsonNode spec, Report report) {
    List<String> sources = Report.set(spec, VolumeSources.PERSISTENT);
    if (sources.isEmpty()) {
      report.required("spec", "must specify a volume type");
      return;
    }
    for (String more : sources.subList(1, sources.size())) {
      report.forbidden("spec." + more, "may not specify more than 1 volume type");
    }
    JsonNode source = spec.path(sources.getFirst());
    String at = "spec." + sources.getFirst();
    switch (sources.getFirst()) {
      case "hostPath" -> report.text(source, at, "path");
      case "local" -> {
        report.text(source, at, "path");
        if (!spec.hasNonNull("nodeAffinity")) {
          report.required("spec.nodeAffinity", "Local volume requires node affinity");
        }
      }
      case "nfs" -> {
        report.text(source, at, "server");
        report.text(source, at, "path");
      }
      case "csi" -> {
        report.text(source, at, "driver");
        report.text(source, at, "volumeHandle");
      }
      default -> {} // kept for those who mount it
    }
  }

  static void claim(JsonNode spec, Report report) {
    claim(spec, "spec", report);
  }

  static void claim(JsonNode spec, String path, Report report) {
    if (spec.path("accessModes").isEmpty()) {
      report.required(path + ".accessModes", "at least 1 access mode is required");
    }
    modes(spec, report);
    if (spec.path("selector").isObject()) {
      SelectorRules.check(spec.path("selector"), path + ".selector", report);
    }
    JsonNode storage = spec.path("resources").path("requests").path("storage");
    if (storage.isMissingNode()) {
      report.required(path + ".resources[storage]");
    } else {
      positive(storage, path + ".resources[storage]", report);
    }
    report.optional(spec, path, "storageClassName", Names::dns1123Subdomain);
    report.oneOf(spec, path, "volumeMode", VOLUME_MODES);
  }

  private static void modes(JsonNode spec, Report report) {
    Set<String> given = new HashSet<>();
    for (JsonNode mode : spec.path("accessModes")) {
      given.add(mode.asText(""));
      if (!MODES.contains(mode.asText(""))) {
        report.add(FieldError.notSupported("spec.accessModes", mode.asText(""), MODES));
      }
    }
    if (given.contains("ReadWriteOncePod") && given.size() > 1) {
      report.forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes");
    }
  }

  private static void positive(JsonNode amount, String path, Report report) {
    Quantity quantity = Quantity.of(amount);
    if (quantity.signum() <= 0) {
      report.invalid(path, quantity.toString(), "must be greater than zero");
    }
  }

  static void storageClass(JsonNode storageClass, Report report) {
    report.text(storageClass, "", "provisioner", Names::qualifiedName);
    report.oneOf(storageClass, "", "reclaimPolicy", RECLAIM);
    report.oneOf(storageClass, "", "volumeBindingMode", BINDING);
    for (var parameter : storageClass.path("parameters").properties()) {
      if (parameter.getKey().isEmpty()) {
        report.invalid("parameters", "", "field can not be empty.");
      }
    }
  }

  static void attributesClass(JsonNode attributes, Report report) {
    report.text(attributes, "", "driverName", Names::dns1123Subdomain);
    if (attributes.path("parameters").isEmpty()) {
      report.required("parameters", "must contain at least one key/value pair");
    }
  }

  static void attachment(JsonNode spec, Report report) {
    report.text(spec, "spec", "attacher", Names::dns1123Subdomain);
    JsonNode source = spec.path("source");
    boolean named = source.hasNonNull("persistentVolumeName");
    boolean inline = source.hasNonNull("inlineVolumeSpec");
    if (named && inline) {
      report.forbidden(
          "spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
    } else if (!named && !inline) {
      report.required(
          "spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
    }
    report.text(spec, "spec", "nodeName", Names::dns1123Subdomain);
  }

  static void node(JsonNode spec, Report report) {
    report.unique(spec.path("drivers"), "spec.drivers", "name");
    Report.each(
        spec.path("drivers"),
        "spec.drivers",
        (driver, at) -> {
          report.text(driver, at, "name", Names::dns1123Subdomain);
          report.text(driver, at, "nodeID");
        });
  }
}
