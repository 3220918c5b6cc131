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
    SpreadRules.check(
        spec.path("topologySpreadConstraints"), path + ".topologySpreadConstraints", report);
    Report.each(
        spec.path("schedulingGates"),
        path + ".schedulingGates",
        (gate, at) -> report.text(gate, at, "name", Names::qualifiedName));
    report.unique(spec.path("schedulingGates"), path + ".schedulingGates", "name");
    if (!spec.path("schedulingGates").isEmpty() && !spec.path("nodeName").asText("").isEmpty()) {
      report.forbidden(
          path + ".nodeName", "cannot be set until all schedulingGates have been cleared");
    }
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
    Report.each(
        term.path("matchExpressions"),
        path + ".matchExpressions",
        (each, at) -> expression(each, at, report));
    Report.each(
        term.path("matchFields"), path + ".matchFields", (each, at) -> field(each, at, report));
  }

  /** A node's name is the only field that can be asked for. */
  private static void field(JsonNode expression, String path, Report report) {
    String operator = expression.path("operator").asText("");
    JsonNode values = expression.path("values");
    if (!WITH_VALUES.contains(operator)) {
      report.invalid(path + ".operator", operator, "not a valid selector operator");
    } else if (values.size() != 1) {
      report.required(
          path + ".values",
          "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
    }
    String key = expression.path("key").asText("");
    if (!key.equals("metadata.name")) {
      report.invalid(path + ".key", key, "not a valid field selector key");
      return;
    }
    Report.each(
        values,
        path + ".values",
        (name, at) -> report.invalid(at, name.asText(""), Names.dns1123Subdomain(name.asText(""))));
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
    SelectorRules.check(term.path("namespaceSelector"), path + ".namespaceSelector", report);
    for (int i = 0; i < term.path("namespaces").size(); i++) {
      String namespace = term.path("namespaces").get(i).asText("");
      report.invalid(path + ".namespaces[" + i + "]", namespace, Names.dns1123Label(namespace));
    }
    LabelKeyRules.check(term, path, report);
  }
}
