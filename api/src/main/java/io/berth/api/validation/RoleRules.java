package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.List;

/** Roles and their bindings. */
final class RoleRules {
  private static final String GROUP = "rbac.authorization.k8s.io";

  private RoleRules() {}

  static void role(JsonNode role, Report report) {
    Report.each(role.path("rules"), "rules", (rule, at) -> rule(rule, at, true, report));
  }

  static void clusterRole(JsonNode role, Report report) {
    Report.each(role.path("rules"), "rules", (rule, at) -> rule(rule, at, false, report));
    JsonNode aggregation = role.path("aggregationRule");
    if (!aggregation.isObject()) {
      return;
    }
    String path = "aggregationRule.clusterRoleSelectors";
    JsonNode selectors = aggregation.path("clusterRoleSelectors");
    if (selectors.isEmpty()) {
      report.required(
          path, "at least one clusterRoleSelector required if aggregationRule is non-nil");
    }
    Report.each(selectors, path, (selector, at) -> SelectorRules.check(selector, at, report));
  }

  private static void rule(JsonNode rule, String path, boolean namespaced, Report report) {
    if (rule.path("verbs").isEmpty()) {
      report.required(path + ".verbs", "verbs must contain at least one value");
    }
    JsonNode urls = rule.path("nonResourceURLs");
    if (urls.isEmpty()) {
      if (rule.path("apiGroups").isEmpty()) {
        report.required(path + ".apiGroups", "resource rules must supply at least one api group");
      }
      if (rule.path("resources").isEmpty()) {
        report.required(path + ".resources", "resource rules must supply at least one resource");
      }
      return;
    }
    String at = path + ".nonResourceURLs";
    if (namespaced) {
      report.add(
          FieldError.invalidRaw(
              at, urls.toString(), "namespaced rules cannot apply to non-resource URLs"));
    }
    if (!rule.path("apiGroups").isEmpty()
        || !rule.path("resources").isEmpty()
        || !rule.path("resourceNames").isEmpty()) {
      report.add(
          FieldError.invalidRaw(
              at,
              urls.toString(),
              "rules cannot apply to both regular resources and non-resource URLs"));
    }
  }

  /**
   * @param namespaced whether a service account without a namespace is one of the binding's own
   */
  static void binding(JsonNode binding, boolean namespaced, Report report) {
    JsonNode role = binding.path("roleRef");
    among(role, "roleRef", "apiGroup", List.of(GROUP), report);
    among(role, "roleRef", "kind", List.of("Role", "ClusterRole"), report);
    report.text(role, "roleRef", "name", Names::pathSegment);
    Report.each(
        binding.path("subjects"),
        "subjects",
        (subject, at) -> subject(subject, at, namespaced, report));
  }

  private static void subject(JsonNode subject, String path, boolean namespaced, Report report) {
    String name = report.text(subject, path, "name");
    switch (subject.path("kind").asText("")) {
      case "ServiceAccount" -> {
        if (name != null) {
          report.invalid(path + ".name", name, Names.dns1123Subdomain(name));
        }
        among(subject, path, "apiGroup", List.of(""), report);
        if (!namespaced) {
          report.text(subject, path, "namespace");
        }
      }
      case "User", "Group" -> among(subject, path, "apiGroup", List.of(GROUP), report);
      default -> among(subject, path, "kind", List.of("ServiceAccount", "User", "Group"), report);
    }
  }

  /** A field whose value, absent as well, must be one of some. */
  private static void among(
      JsonNode object, String path, String field, List<String> values, Report report) {
    String value = object.path(field).asText("");
    if (!values.contains(value)) {
      report.add(FieldError.notSupported(path + "." + field, value, values));
    }
  }
}
