package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.List;
import java.util.Set;

/** What a pod says of the nodes that it may run on. */
final class SchedulingRules {
  private static final List<String> EFFECTS =
      List.of("NoExecute", "NoSchedule", "PreferNoSchedule");
  private static final Set<String> WITH_VALUES = Set.of("In", "NotIn");
  private static final Set<String> WITHOUT_VALUES = Set.of("Exists", "DoesNotExist");
  private static final Set<String> COMPARISONS = Set.of("Gt", "Lt");

  private SchedulingRules() {}

  static void check(JsonNode spec, String path, Report report) {
    Report.each(
        spec.path("tolerations"),
        path + ".tolerations",
        (toleration, at) -> toleration(toleration, at, report));
    JsonNode nodes = spec.path("affinity").path("nodeAffinity");
    nodeAffinity(nodes, path + ".affinity.nodeAffinity", report);
    for (String kind : List.of("podAffinity", "podAntiAffinity")) {
      podAffinity(spec.path("affinity").path(kind), path + ".affinity." + kind, report);
    }
    Report.each(
        spec.path("topologySpreadConstraints"),
        path + ".topologySpreadConstraints",
        (constraint, at) -> spread(constraint, at, report));
    Report.each(
        spec.path("schedulingGates"),
        path + ".schedulingGates",
        (gate, at) -> report.text(gate, at, "name", Names::qualifiedName));
    report.unique(spec.path("schedulingGates"), path + ".schedulingGates", "name");
  }

  static void toleration(JsonNode toleration, String path, Report report) {
    report.optional(toleration, path, "key", Names::qualifiedName);
    String operator = toleration.path("operator").asText("");
    String value = toleration.path("value").asText("");
    String effect = toleration.path("effect").asText("");
    boolean keyless = toleration.path("key").asText("").isEmpty();
    if (keyless && !operator.equals("Exists")) {
      report.invalid(
          path + ".operator",
          operator,
          "operator must be Exists when `key` is empty, which means \"match all values and all"
              + " keys\"");
    }
    if (toleration.hasNonNull("tolerationSeconds") && !effect.equals("NoExecute")) {
      report.invalid(
          path + ".effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    switch (operator) {
      case "", "Equal" -> report.invalid(path + ".operator", value, Names.labelValue(value));
      case "Exists" -> {
        if (!value.isEmpty()) {
          report.add(
              FieldError.invalidRaw(
                  path + ".operator",
                  toleration.toString(),
                  "value must be empty when `operator` is 'Exists'"));
        }
      }
      case "Lt", "Gt" -> integer(value, path + ".value", report);
      default ->
          report.add(
              FieldError.notSupported(path + ".operator", operator, List.of("Equal", "Exists")));
    }
    report.oneOf(toleration, path, "effect", EFFECTS);
  }

  private static void integer(String value, String path, Report report) {
    if (!value.matches("0|-?[1-9][0-9]{0,17}")) {
      report.invalid(path, value, "must be an integer");
    }
  }

  private static void nodeAffinity(JsonNode affinity, String path, Report report) {
    String hard = "requiredDuringSchedulingIgnoredDuringExecution";
    if (affinity.hasNonNull(hard)) {
      JsonNode terms = affinity.path(hard).path("nodeSelectorTerms");
      String at = path + "." + hard + ".nodeSelectorTerms";
      if (terms.isEmpty()) {
        report.required(at, "must have at least one node selector term");
      }
      Report.each(terms, at, (term, where) -> term(term, where, report));
    }
    String soft = "preferredDuringSchedulingIgnoredDuringExecution";
    Report.each(
        affinity.path(soft),
        path + "." + soft,
        (preference, at) -> {
          report.range(preference, at, "weight", 1, 100, "must be in the range 1-100");
          term(preference.path("preference"), at + ".preference", report);
        });
  }

  private static void term(JsonNode term, String path, Report report) {
    for (String kind : List.of("matchExpressions", "matchFields")) {
      Report.each(term.path(kind), path + "." + kind, (each, at) -> expression(each, at, report));
    }
  }

  private static void expression(JsonNode expression, String path, Report report) {
    String operator = expression.path("operator").asText("");
    int values = expression.path("values").size();
    if (WITH_VALUES.contains(operator)) {
      if (values == 0) {
        report.required(path + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
      }
    } else if (WITHOUT_VALUES.contains(operator)) {
      if (values > 0) {
        report.forbidden(
            path + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
    } else if (COMPARISONS.contains(operator)) {
      if (values != 1) {
        report.required(
            path + ".values", "must be specified single value when `operator` is 'Lt' or 'Gt'");
      }
    } else {
      report.invalid(path + ".operator", operator, "not a valid selector operator");
    }
    String key = expression.path("key").asText("");
    report.invalid(path + ".key", key, Names.qualifiedName(key));
  }

  private static void podAffinity(JsonNode affinity, String path, Report report) {
    String hard = "requiredDuringSchedulingIgnoredDuringExecution";
    Report.each(affinity.path(hard), path + "." + hard, (term, at) -> podTerm(term, at, report));
    String soft = "preferredDuringSchedulingIgnoredDuringExecution";
    Report.each(
        affinity.path(soft),
        path + "." + soft,
        (preference, at) -> {
          report.range(preference, at, "weight", 1, 100, "must be in the range 1-100");
          podTerm(preference.path("podAffinityTerm"), at + ".podAffinityTerm", report);
        });
  }

  private static void podTerm(JsonNode term, String path, Report report) {
    if (term.path("topologyKey").asText("").isEmpty()) {
      report.required(path + ".topologyKey", "can not be empty");
    } else {
      report.optional(term, path, "topologyKey", Names::qualifiedName);
    }
    SelectorRules.check(term.path("labelSelector"), path + ".labelSelector", report);
  }

  private static void spread(JsonNode constraint, String path, Report report) {
    report.range(constraint, path, "maxSkew", 1, Integer.MAX_VALUE, Report.POSITIVE);
    if (constraint.path("topologyKey").asText("").isEmpty()) {
      report.required(path + ".topologyKey", "can not be empty");
    }
    String action = constraint.path("whenUnsatisfiable").asText("");
    List<String> actions = List.of("DoNotSchedule", "ScheduleAnyway");
    if (!actions.contains(action)) {
      report.add(FieldError.notSupported(path + ".whenUnsatisfiable", action, actions));
    }
    SelectorRules.check(constraint.path("labelSelector"), path + ".labelSelector", report);
  }
}
