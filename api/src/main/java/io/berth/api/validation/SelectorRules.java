package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;

/** Label selectors in their JSON form. */
final class SelectorRules {
  private SelectorRules() {}

  static void check(JsonNode selector, String path, Report report) {
    MetadataRules.labels(selector.path("matchLabels"), path + ".matchLabels", report);
    Report.each(
        selector.path("matchExpressions"),
        path + ".matchExpressions",
        (expression, at) -> expression(expression, at, report));
  }

  private static void expression(JsonNode expression, String path, Report report) {
    String operator = expression.path("operator").asText("");
    int values = expression.path("values").size();
    switch (operator) {
      case "In", "NotIn" -> {
        if (values == 0) {
          report.required(path + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
        }
      }
      case "Exists", "DoesNotExist" -> {
        if (values > 0) {
          report.forbidden(
              path + ".values",
              "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
      }
      default -> report.invalid(path + ".operator", operator, "not a valid selector operator");
    }
    String key = expression.path("key").asText("");
    report.invalid(path + ".key", key, Names.qualifiedName(key));
    for (int i = 0; i < values; i++) {
      String value = expression.path("values").get(i).asText("");
      report.invalid(path + ".values[" + i + "]", value, Names.labelValue(value));
    }
  }
}
