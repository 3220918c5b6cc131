package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.List;
import java.util.regex.Pattern;

/** Environment variables of a container and where they come from. */
final class EnvironmentRules {
  private static final List<String> SOURCES =
      List.of("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef");

  /** Fields of a pod that its containers may see in their environment. */
  private static final List<String> FIELDS =
      List.of(
          "metadata.name",
          "metadata.namespace",
          "metadata.uid",
          "spec.nodeName",
          "spec.serviceAccountName",
          "status.hostIP",
          "status.hostIPs",
          "status.podIP",
          "status.podIPs");

  private static final Pattern KEYED = Pattern.compile("metadata\\.(labels|annotations)\\['.+'\\]");
  private static final Pattern RESOURCE =
      Pattern.compile("(limits|requests)\\.(cpu|memory|ephemeral-storage|hugepages-.+)");

  private EnvironmentRules() {}

  static void check(JsonNode container, String path, Report report) {
    Report.each(
        container.path("env"), path + ".env", (variable, at) -> variable(variable, at, report));
    Report.each(
        container.path("envFrom"), path + ".envFrom", (source, at) -> from(source, at, report));
  }

  private static void variable(JsonNode variable, String path, Report report) {
    report.text(variable, path, "name", Names::environmentVariable);
    JsonNode source = variable.path("valueFrom");
    if (source.isMissingNode() || source.isNull()) {
      return;
    }
    String at = path + ".valueFrom";
    if (!variable.path("value").asText("").isEmpty()) {
      report.invalid(at, "", "may not be specified when `value` is not empty");
    }
    List<String> given = Report.set(source, SOURCES);
    if (given.isEmpty()) {
      report.invalid(
          at,
          "",
          "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or"
              + " `secretKeyRef`");
    } else if (given.size() > 1) {
      report.invalid(at, "", "may not have more than one field specified at a time");
    }
    for (String kind : given) {
      source(kind, source.path(kind), at + "." + kind, report);
    }
  }

  private static void source(String kind, JsonNode source, String path, Report report) {
    switch (kind) {
      case "fieldRef" -> field(source, path, report);
      case "resourceFieldRef" -> resource(source, path, report);
      case "fileKeyRef" -> report.text(source, path, "key");
      default -> report.text(source, path, "key", Names::configKey);
    }
  }

  private static void field(JsonNode source, String path, Report report) {
    String field = report.text(source, path, "fieldPath");
    if (field != null && !FIELDS.contains(field) && !KEYED.matcher(field).matches()) {
      report.invalid(
          path + ".fieldPath",
          field,
          "error converting fieldPath: field label not supported: " + field);
    }
  }

  static void resource(JsonNode source, String path, Report report) {
    String resource = report.text(source, path, "resource");
    if (resource != null && !RESOURCE.matcher(resource).matches()) {
      report.add(
          FieldError.notSupported(
              path + ".resource",
              resource,
              List.of(
                  "limits.cpu",
                  "limits.ephemeral-storage",
                  "limits.memory",
                  "requests.cpu",
                  "requests.ephemeral-storage",
                  "requests.memory")));
    }
  }

  private static void from(JsonNode source, String path, Report report) {
    report.optional(source, path, "prefix", Names::environmentVariable);
    List<String> given = Report.set(source, List.of("configMapRef", "secretRef"));
    if (given.isEmpty()) {
      report.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`");
    } else if (given.size() > 1) {
      report.invalid(path, "", "may not have more than one field specified at a time");
    }
    for (String kind : given) {
      report.text(source.path(kind), path + "." + kind, "name", Names::dns1123Subdomain);
    }
  }
}
