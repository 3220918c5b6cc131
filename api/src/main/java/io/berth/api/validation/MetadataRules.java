package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** What holds for the metadata of every object and template. */
final class MetadataRules {
  private static final int MAX_ANNOTATIONS = 256 << 10;
  private static final String ORPHAN = "orphan";
  private static final String FOREGROUND = "foregroundDeletion";

  private MetadataRules() {}

  static void check(JsonNode metadata, String path, Report report) {
    labels(metadata.path("labels"), path + ".labels", report);
    annotations(metadata.path("annotations"), path + ".annotations", report);
    owners(metadata.path("ownerReferences"), path + ".ownerReferences", report);
    finalizers(metadata.path("finalizers"), path, report);
  }

  static void labels(JsonNode labels, String path, Report report) {
    for (var label : labels.properties()) {
      String value = label.getValue().asText("");
      report.invalid(path, label.getKey(), Names.qualifiedName(label.getKey()));
      report.invalid(path, value, Names.labelValue(value));
    }
  }

  private static void annotations(JsonNode annotations, String path, Report report) {
    long size = 0;
    for (var annotation : annotations.properties()) {
      String key = annotation.getKey();
      report.invalid(path, key, Names.qualifiedName(key.toLowerCase(Locale.ROOT)));
      size += bytes(key) + bytes(annotation.getValue().asText(""));
    }
    if (size > MAX_ANNOTATIONS) {
      report.add(FieldError.tooLong(path, MAX_ANNOTATIONS));
    }
  }

  static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static void owners(JsonNode owners, String path, Report report) {
    String controller = "";
    for (JsonNode owner : owners) {
      if (owner.path("apiVersion").asText("").isEmpty()) {
        report.invalid(path + ".apiVersion", "", "version must not be empty");
      }
      for (String field : new String[] {"kind", "name", "uid"}) {
        if (owner.path(field).asText("").isEmpty()) {
          report.invalid(path + "." + field, "", "must not be empty");
        }
      }
      if (owner.path("controller").asBoolean()) {
        String name = owner.path("kind").asText() + "/" + owner.path("name").asText();
        if (!controller.isEmpty()) {
          report.add(
              FieldError.invalidRaw(
                  path,
                  owners.toString(),
                  "Only one reference can have Controller set to true. Found \"true\" in references"
                      + " for "
                      + controller
                      + " and "
                      + name));
        }
        controller = name;
      }
    }
  }

  static void finalizers(JsonNode finalizers, String parent, Report report) {
    String path = parent + ".finalizers";
    boolean orphan = false;
    boolean foreground = false;
    for (JsonNode finalizer : finalizers) {
      String name = finalizer.asText("");
      report.invalid(path, name, Names.qualifiedName(name));
      orphan |= name.equals(ORPHAN);
      foreground |= name.equals(FOREGROUND);
    }
    if (orphan && foreground) {
      report.add(
          FieldError.invalidRaw(
              path,
              finalizers.toString(),
              "finalizer " + ORPHAN + " and " + FOREGROUND + " cannot be both set"));
    }
  }
}
