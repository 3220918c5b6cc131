package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.Base64;

/** Group versions and the servers behind them. */
final class ApiServiceRules {
  private static final int MAX_GROUP_PRIORITY = 20_000;
  private static final int MAX_VERSION_PRIORITY = 1_000;

  private ApiServiceRules() {}

  static void check(JsonNode apiService, Report report) {
    JsonNode spec = apiService.path("spec");
    String group = spec.path("group").asText("");
    String version = spec.path("version").asText("");
    String name = apiService.path("metadata").path("name").asText("");
    String wanted = version + "." + group;
    if (!name.isEmpty() && !name.equals(wanted)) {
      report.invalid(
          "metadata.name",
          name,
          "must be `spec.version+\".\"+spec.group`: \"%s\"".formatted(wanted));
    }
    if (!group.isEmpty()) {
      report.invalid("spec.group", group, Names.dns1123Subdomain(group));
    } else if (!version.equals("v1")) {
      report.required("spec.group", "only v1 may have an empty group and it better be legacy kube");
    }
    report.invalid("spec.version", version, Names.dns1035Label(version));
    priority(spec, "groupPriorityMinimum", MAX_GROUP_PRIORITY, report);
    priority(spec, "versionPriority", MAX_VERSION_PRIORITY, report);
    if (spec.hasNonNull("service")) {
      remote(spec, report);
    } else {
      local(spec, report);
    }
  }

  private static void priority(JsonNode spec, String field, int max, Report report) {
    int priority = spec.path(field).asInt();
    if (priority <= 0 || priority > max) {
      report.add(
          FieldError.invalid("spec." + field, priority, "must be positive and less than " + max));
    }
  }

  private static void local(JsonNode spec, Report report) {
    String bundle = spec.path("caBundle").asText("");
    if (!bundle.isEmpty()) {
      report.invalid(
          "spec.caBundle", bytes(bundle) + " bytes", "local APIServices may not have a caBundle");
    }
    if (insecure(spec)) {
      report.add(
          FieldError.invalidRaw(
              "spec.insecureSkipTLSVerify",
              "true",
              "local APIServices may not have insecureSkipTLSVerify"));
    }
  }

  private static void remote(JsonNode spec, Report report) {
    report.text(spec.path("service"), "spec.service", "namespace");
    report.text(spec.path("service"), "spec.service", "name");
    if (insecure(spec) && !spec.path("caBundle").asText("").isEmpty()) {
      report.add(
          FieldError.invalidRaw(
              "spec.insecureSkipTLSVerify", "true", "may not be true if caBundle is present"));
    }
  }

  private static boolean insecure(JsonNode spec) {
    return spec.path("insecureSkipTLSVerify").asBoolean();
  }

  private static int bytes(String base64) {
    try {
      return Base64.getDecoder().decode(base64).length;
    } catch (IllegalArgumentException e) {
      return base64.length(); // its form is another rule's
    }
  }
}
