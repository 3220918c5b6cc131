package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import io.berth.api.object.Quantity;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Volumes of a pod. */
final class VolumeRules {
  private static final int MAX_MODE = 0777;
  private static final String MODE = "must be a number between 0 and 0777 (octal), both inclusive";

  /** Types of a path on the node; the empty one checks nothing. */
  private static final List<String> PATH_TYPES =
      List.of(
          "",
          "BlockDevice",
          "CharDevice",
          "Directory",
          "DirectoryOrCreate",
          "File",
          "FileOrCreate",
          "Socket");

  private VolumeRules() {}

  /** The names of the volumes that are well-formed enough to be mounted. */
  static Set<String> volumes(JsonNode volumes, String path, Report report) {
    Set<String> names = new HashSet<>();
    Report.each(
        volumes,
        path,
        (volume, at) -> {
          report.text(volume, at, "name", Names::dns1123Label);
          source(volume, at, report);
        });
    report.unique(volumes, path, "name", names);
    return names;
  }

  private static void source(JsonNode volume, String path, Report report) {
    List<String> kinds =
        volume.properties().stream()
            .filter(field -> !field.getKey().equals("name") && !field.getValue().isNull())
            .map(field -> field.getKey())
            .toList();
    if (kinds.isEmpty()) {
      report.required(path, "must specify a volume type");
      return;
    }
    for (String more : kinds.subList(1, kinds.size())) {
      report.forbidden(path + "." + more, "may not specify more than 1 volume type");
    }
    String kind = kinds.getFirst();
    JsonNode source = volume.path(kind);
    String at = path + "." + kind;
    switch (kind) {
      case "hostPath" -> hostPath(source, at, report);
      case "emptyDir" -> emptyDir(source, at, report);
      case "secret" -> {
        report.text(source, at, "secretName");
        files(source, at, report);
      }
      case "configMap" -> {
        report.text(source, at, "name");
        files(source, at, report);
      }
      case "downwardAPI" -> downwardApi(source, at, report);
      case "projected" -> projected(source, at, report);
      case "persistentVolumeClaim" -> report.text(source, at, "claimName");
      case "nfs" -> {
        report.text(source, at, "server");
        report.text(source, at, "path");
      }
      case "csi" -> report.text(source, at, "driver");
      default -> {} // the part that would mount it says whether it can
    }
  }

  private static void hostPath(JsonNode source, String path, Report report) {
    String host = report.text(source, path, "path");
    if (host != null && Arrays.asList(host.split("/")).contains("..")) {
      report.invalid(path + ".path", host, "must not contain '..'");
    }
    report.oneOf(source, path, "type", PATH_TYPES);
  }

  private static void emptyDir(JsonNode source, String path, Report report) {
    JsonNode limit = source.path("sizeLimit");
    if (!limit.isMissingNode() && Quantity.of(limit).signum() < 0) {
      report.forbidden(path + ".sizeLimit", "SizeLimit field must be a valid resource quantity");
    }
  }

  private static void downwardApi(JsonNode source, String path, Report report) {
    mode(source, path, "defaultMode", report);
    Report.each(
        source.path("items"),
        path + ".items",
        (item, at) -> {
          file(item, at, report);
          if (Report.set(item, List.of("fieldRef", "resourceFieldRef")).size() != 1) {
            report.required(at, "one of fieldRef and resourceFieldRef is required");
          }
          if (item.hasNonNull("resourceFieldRef")) {
            EnvironmentRules.resource(
                item.path("resourceFieldRef"), at + ".resourceFieldRef", report);
          }
        });
  }

  private static void projected(JsonNode source, String path, Report report) {
    mode(source, path, "defaultMode", report);
    Report.each(
        source.path("sources"),
        path + ".sources",
        (part, at) -> {
          List<String> kinds = part.properties().stream().map(field -> field.getKey()).toList();
          if (kinds.size() > 1) {
            report.forbidden(at + "." + kinds.get(1), "may not specify more than 1 volume type");
          }
          for (String kind : kinds) {
            part(kind, part.path(kind), at + "." + kind, report);
          }
        });
  }

  private static void part(String kind, JsonNode part, String path, Report report) {
    switch (kind) {
      case "secret", "configMap" -> {
        report.text(part, path, "name");
        files(part, path, report);
      }
      case "downwardAPI" -> downwardApi(part, path, report);
      case "serviceAccountToken" -> {
        report.text(part, path, "path");
        report.range(
            part,
            path,
            "expirationSeconds",
            600,
            1L << 32,
            "may not specify a duration less than 10 minutes or larger than 2^32 seconds");
      }
      default -> {}
    }
  }

  /** Keys that become files. */
  private static void files(JsonNode source, String path, Report report) {
    mode(source, path, "defaultMode", report);
    Report.each(
        source.path("items"),
        path + ".items",
        (item, at) -> {
          report.text(item, at, "key");
          file(item, at, report);
        });
  }

  private static void file(JsonNode item, String path, Report report) {
    String where = report.text(item, path, "path");
    if (where != null) {
      relative(where, path + ".path", report);
    }
    mode(item, path, "mode", report);
  }

  private static void mode(JsonNode object, String path, String field, Report report) {
    report.range(object, path, field, 0, MAX_MODE, MODE);
  }

  /** A path that stays inside a volume. */
  static void relative(String path, String at, Report report) {
    if (path.startsWith("/")) {
      report.invalid(at, path, "must be a relative path");
    }
    if (Arrays.asList(path.split("/")).contains("..")) {
      report.invalid(at, path, "must not contain '..'");
    }
  }
}
