package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.HashSet;
import java.util.Set;

/**
 * Label keys by which a pod is compared with others by its own values, beside a label selector:
 * {@code matchLabelKeys} and {@code mismatchLabelKeys}.
 */
final class LabelKeyRules {
  private static final String MATCH = "matchLabelKeys";
  private static final String MISMATCH = "mismatchLabelKeys";

  private LabelKeyRules() {}

  /**
   * @param term what has a {@code labelSelector} and may have the keys
   */
  static void check(JsonNode term, String path, Report report) {
    JsonNode selector = term.path("labelSelector");
    keys(term.path(MATCH), path + "." + MATCH, selector, report);
    keys(term.path(MISMATCH), path + "." + MISMATCH, selector, report);
    selected(term.path(MATCH), path, selector, report);
    Set<String> mismatch = new HashSet<>();
    term.path(MISMATCH).forEach(key -> mismatch.add(key.asText()));
    Report.each(
        term.path(MATCH),
        path + "." + MATCH,
        (key, at) -> {
          if (mismatch.contains(key.asText())) {
            report.invalid(at, key.asText(), "exists in both matchLabelKeys and mismatchLabelKeys");
          }
        });
  }

  private static void keys(JsonNode keys, String path, JsonNode selector, Report report) {
    if (keys.isEmpty()) {
      return;
    }
    if (selector.isMissingNode() || selector.isNull()) {
      report.forbidden(path, "must not be specified when labelSelector is not set");
      return;
    }
    Report.each(
        keys,
        path,
        (key, at) -> report.invalid(at, key.asText(), Names.qualifiedName(key.asText())));
  }

  /**
   * A key that the selector asks about too. Once is right: there the API server has added what the
   * pod's own value demands.
   */
  private static void selected(JsonNode keys, String path, JsonNode selector, Report report) {
    Set<String> seen = new HashSet<>();
    selector.path("matchLabels").fieldNames().forEachRemaining(seen::add);
    for (JsonNode expression : selector.path("matchExpressions")) {
      String key = expression.path("key").asText("");
      for (int i = 0; i < keys.size(); i++) {
        if (keys.get(i).asText().equals(key) && seen.contains(key)) {
          report.invalid(
              path + "[" + i + "]", key, "exists in both matchLabelKeys and labelSelector");
        }
      }
      seen.add(key);
    }
  }
}
