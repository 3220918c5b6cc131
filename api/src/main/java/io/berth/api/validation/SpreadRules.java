package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A pod's topology spread constraints. */
final class SpreadRules {
  private static final String HARD = "DoNotSchedule";
  private static final List<String> ACTIONS = List.of(HARD, "ScheduleAnyway");
  private static final List<String> POLICIES = List.of("Honor", "Ignore");

  private SpreadRules() {}

  static void check(JsonNode constraints, String path, Report report) {
    Set<String> pairs = new HashSet<>();
    Report.each(
        constraints,
        path,
        (constraint, at) -> {
          constraint(constraint, at, report);
          String key = constraint.path("topologyKey").asText("");
          String pair = "{" + key + ", " + constraint.path("whenUnsatisfiable").asText("") + "}";
          if (!pairs.add(pair)) {
            report.add(FieldError.duplicate(at + ".{topologyKey, whenUnsatisfiable}", pair));
          }
        });
  }

  private static void constraint(JsonNode constraint, String path, Report report) {
    report.range(constraint, path, "maxSkew", 1, Integer.MAX_VALUE, Report.POSITIVE);
    if (constraint.path("topologyKey").asText("").isEmpty()) {
      report.required(path + ".topologyKey", "can not be empty");
    }
    String action = constraint.path("whenUnsatisfiable").asText("");
    if (!ACTIONS.contains(action)) {
      report.add(FieldError.notSupported(path + ".whenUnsatisfiable", action, ACTIONS));
    }
    minDomains(constraint, action, path, report);
    report.oneOf(constraint, path, "nodeAffinityPolicy", POLICIES);
    report.oneOf(constraint, path, "nodeTaintsPolicy", POLICIES);
    SelectorRules.check(constraint.path("labelSelector"), path + ".labelSelector", report);
    LabelKeyRules.check(constraint, path, report);
  }

  private static void minDomains(JsonNode constraint, String action, String path, Report report) {
    JsonNode least = constraint.path("minDomains");
    report.range(constraint, path, "minDomains", 1, Integer.MAX_VALUE, Report.POSITIVE);
    if (least.isNumber() && !action.equals(HARD)) {
      report.add(
          FieldError.invalid(
              path + ".minDomains",
              least.asLong(),
              "can only use minDomains if whenUnsatisfiable=" + HARD + ", not " + action));
    }
  }
}
