package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which writes webhooks and policies are about: rules, selectors and conditions. */
final class AdmissionMatchRules {
  static final List<String> FAILURE = List.of("Fail", "Ignore");
  static final List<String> MATCH = List.of("Equivalent", "Exact");
  static final List<String> REINVOCATION = List.of("IfNeeded", "Never");
  private static final List<String> SCOPES = List.of("*", "Cluster", "Namespaced");
  private static final List<String> OPERATIONS =
      List.of("*", "CONNECT", "CREATE", "DELETE", "UPDATE");
  private static final int MAX_CONDITIONS = 64;

  private AdmissionMatchRules() {}

  /** Operations and what they are done to. */
  static void rule(JsonNode rule, String at, Report report) {
    JsonNode operations = rule.path("operations");
    needed(operations, at + ".operations", report);
    alone(operations, at + ".operations", "operations", report);
    Report.each(
        operations,
        at + ".operations",
        (operation, here) -> {
          if (!OPERATIONS.contains(operation.asText())) {
            report.add(FieldError.notSupported(here, operation.asText(), OPERATIONS));
          }
        });
    needed(rule.path("apiGroups"), at + ".apiGroups", report);
    alone(rule.path("apiGroups"), at + ".apiGroups", "API groups", report);
    needed(rule.path("apiVersions"), at + ".apiVersions", report);
    alone(rule.path("apiVersions"), at + ".apiVersions", "API versions", report);
    notEmpty(rule.path("apiVersions"), at + ".apiVersions", report);
    resources(rule.path("resources"), at + ".resources", report);
    report.oneOf(rule, at, "scope", SCOPES);
  }

  private static void needed(JsonNode list, String at, Report report) {
    if (list.isEmpty()) {
      report.required(at);
    }
  }

  private static void notEmpty(JsonNode list, String at, Report report) {
    Report.each(
        list,
        at,
        (value, here) -> {
          if (value.asText().isEmpty()) {
            report.required(here);
          }
        });
  }

  private static void alone(JsonNode list, String at, String what, Report report) {
    if (list.size() > 1 && has(list, "*")) {
      report.add(
          FieldError.invalidRaw(
              at, list.toString(), "if '*' is present, must not specify other " + what));
    }
  }

  private static boolean has(JsonNode list, String value) {
    for (JsonNode one : list) {
      if (one.asText().equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static void resources(JsonNode resources, String at, Report report) {
    needed(resources, at, report);
    notEmpty(resources, at, report);
    Set<String> withAllBelow = new HashSet<>();
    Set<String> ofAllResources = new HashSet<>();
    boolean whole = false;
    for (int i = 0; i < resources.size(); i++) {
      String text = resources.get(i).asText();
      int slash = text.indexOf('/');
      if (slash < 0) {
        whole |= !text.equals("*") && !text.isEmpty();
        continue;
      }
      String name = text.substring(0, slash);
      String sub = text.substring(slash + 1);
      if (withAllBelow.contains(name)) {
        covered(at + "[" + i + "]", text, name + "/*", report);
      }
      if (ofAllResources.contains(sub)) {
        covered(at + "[" + i + "]", text, "*/" + sub, report);
      }
      if (sub.equals("*")) {
        withAllBelow.add(name);
      }
      if (name.equals("*")) {
        ofAllResources.add(sub);
      }
    }
    if (resources.size() > 1 && has(resources, "*/*")) {
      String why = "if '*/*' is present, must not specify other resources";
      report.add(FieldError.invalidRaw(at, resources.toString(), why));
    }
    if (whole && has(resources, "*")) {
      String why = "if '*' is present, must not specify other resources without subresources";
      report.add(FieldError.invalidRaw(at, resources.toString(), why));
    }
  }

  private static void covered(String at, String text, String by, Report report) {
    report.invalid(at, text, "if '" + by + "' is present, must not specify " + text);
  }

  /** A {@code matchConstraints} or {@code matchResources}. */
  static void resourcesOf(JsonNode match, String at, Report report) {
    report.text(match, at, "matchPolicy");
    report.oneOf(match, at, "matchPolicy", MATCH);
    for (String selector : new String[] {"namespaceSelector", "objectSelector"}) {
      if (!match.path(selector).isObject()) {
        report.required(at + "." + selector);
      }
      SelectorRules.check(match.path(selector), at + "." + selector, report);
    }
    for (String rules : new String[] {"resourceRules", "excludeResourceRules"}) {
      Report.each(
          match.path(rules),
          at + "." + rules,
          (rule, here) -> {
            resourceNames(rule.path("resourceNames"), here + ".resourceNames", report);
            rule(rule, here, report);
          });
    }
  }

  private static void resourceNames(JsonNode names, String at, Report report) {
    Set<String> seen = new HashSet<>();
    Report.each(
        names,
        at,
        (name, here) -> {
          report.invalid(here, name.asText(), Names.pathSegment(name.asText()));
          if (!seen.add(name.asText())) {
            report.add(FieldError.duplicate(here, name.asText()));
          }
        });
  }

  /** Names of conditions; whoever knows the expression language reads the expressions. */
  static void conditions(JsonNode conditions, String at, Report report) {
    if (conditions.size() > MAX_CONDITIONS) {
      report.add(FieldError.tooMany(at, conditions.size(), MAX_CONDITIONS));
    }
    Report.each(
        conditions,
        at,
        (condition, here) -> {
          expression(condition, here, "", report);
          report.text(condition, here, "name", Names::qualifiedName);
        });
    report.unique(conditions, at, "name");
  }

  /** An expression must be there. */
  static void expression(JsonNode holder, String at, String why, Report report) {
    if (holder.path("expression").asText("").isBlank()) {
      report.required(at + ".expression", why);
    }
  }
}
