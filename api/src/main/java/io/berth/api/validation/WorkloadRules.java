package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.LabelSelector;
import io.berth.api.object.Text;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Kinds that make pods from a template. */
final class WorkloadRules {
  private static final Pattern PERCENT = Pattern.compile("[0-9]{1,9}%");
  private static final String ROLLING = ".strategy.rollingUpdate";

  private WorkloadRules() {}

  static void deployment(JsonNode spec, Report report) {
    report.notNegative(spec, "spec", "replicas");
    workload(spec, "deployment", "ReplicaSet", report);
    strategy(spec.path("strategy"), report);
    report.notNegative(spec, "spec", "revisionHistoryLimit");
    report.notNegative(spec, "spec", "progressDeadlineSeconds");
    JsonNode deadline = spec.path("progressDeadlineSeconds");
    if (deadline.isNumber() && deadline.asLong() <= spec.path("minReadySeconds").asLong(0)) {
      report.add(
          FieldError.invalid(
              "spec.progressDeadlineSeconds",
              deadline.asLong(),
              "must be greater than minReadySeconds"));
    }
  }

  static void replicaSet(JsonNode spec, Report report) {
    report.notNegative(spec, "spec", "replicas");
    workload(spec, "replicaset", "ReplicaSet", report);
  }

  static void statefulSet(JsonNode spec, Report report) {
    String management = spec.path("podManagementPolicy").asText("");
    if (management.isEmpty()) {
      report.required("spec.podManagementPolicy");
    } else if (!List.of("OrderedReady", "Parallel").contains(management)) {
      report.invalid(
          "spec.podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'");
    }
    JsonNode strategy = spec.path("updateStrategy");
    JsonNode rolling = strategy.path("rollingUpdate");
    switch (strategy.path("type").asText("")) {
      case "" -> report.required("spec.updateStrategy");
      case "OnDelete" -> {
        if (rolling.isObject()) {
          report.add(
              FieldError.invalidRaw(
                  "spec.updateStrategy.rollingUpdate",
                  rolling.toString(),
                  "only allowed for updateStrategy 'RollingUpdate'"));
        }
      }
      case "RollingUpdate" -> {
        String at = "spec.updateStrategy.rollingUpdate";
        report.notNegative(rolling, at, "partition");
        amount(rolling.path("maxUnavailable"), at + ".maxUnavailable", report);
        if (rolling.has("maxUnavailable") && isZero(rolling.path("maxUnavailable"))) {
          report.add(
              FieldError.invalidRaw(
                  at + ".maxUnavailable",
                  rolling.path("maxUnavailable").toString(),
                  "cannot be 0"));
        }
      }
      default ->
          report.invalid(
              "spec.updateStrategy",
              strategy.path("type").asText(""),
              "must be 'RollingUpdate' or 'OnDelete'");
    }
    JsonNode retention = spec.path("persistentVolumeClaimRetentionPolicy");
    for (String when : List.of("whenDeleted", "whenScaled")) {
      report.oneOf(
          retention,
          "spec.persistentVolumeClaimRetentionPolicy",
          when,
          List.of("Delete", "Retain"));
    }
    report.notNegative(spec, "spec", "replicas");
    report.notNegative(spec.path("ordinals"), "spec.ordinals", "start");
    report.notNegative(spec, "spec", "revisionHistoryLimit");
    workload(spec, "statefulset", "StatefulSet", report);
  }

  static void daemonSet(JsonNode spec, Report report) {
    workload(spec, "daemonset", "DaemonSet", report);
    JsonNode strategy = spec.path("updateStrategy");
    switch (strategy.path("type").asText("")) {
      case "OnDelete" -> {}
      case "RollingUpdate" -> daemonRolling(strategy.path("rollingUpdate"), report);
      default ->
          report.add(
              FieldError.notSupported(
                  "spec.updateStrategy.type",
                  strategy.path("type").asText(""),
                  List.of("OnDelete", "RollingUpdate")));
    }
    report.notNegative(spec, "spec", "revisionHistoryLimit");
  }

  private static void daemonRolling(JsonNode rolling, Report report) {
    String at = "spec.updateStrategy.rollingUpdate";
    JsonNode unavailable = rolling.path("maxUnavailable");
    JsonNode surge = rolling.path("maxSurge");
    amount(unavailable, at + ".maxUnavailable", report);
    amount(surge, at + ".maxSurge", report);
    if (isZero(unavailable) && isZero(surge)) {
      report.required(at + ".maxUnavailable", "cannot be 0 when maxSurge is 0");
    } else if (!isZero(unavailable) && !isZero(surge)) {
      report.add(
          FieldError.invalidRaw(
              at + ".maxSurge",
              surge.toString(),
              "may not be set when maxUnavailable is non-zero"));
    }
  }

  static void replicationController(JsonNode spec, Report report) {
    report.notNegative(spec, "spec", "minReadySeconds");
    report.notNegative(spec, "spec", "replicas");
    if (spec.path("selector").isEmpty()) {
      report.required("spec.selector");
    }
    if (!spec.path("template").isObject()) {
      report.required("spec.template");
      return;
    }
    ObjectNode selector = Json.object();
    selector.set("matchLabels", spec.path("selector"));
    template(spec, selector, "ReplicationController", report);
  }

  /** Whether a template's labels are those that a selector asks for. */
  static void labelsFit(JsonNode spec, String path, Report report) {
    JsonNode labels = spec.path("template").path("metadata").path("labels");
    if (!selects(spec.path("selector"), labels)) {
      report.add(
          FieldError.invalidRaw(
              path + ".template.metadata.labels",
              shown(labels),
              "`selector` does not match template `labels`"));
    }
  }

  private static void workload(JsonNode spec, String kind, String shown, Report report) {
    report.notNegative(spec, "spec", "minReadySeconds");
    JsonNode selector = spec.path("selector");
    if (!selector.isObject()) {
      report.required("spec.selector");
    } else {
      SelectorRules.check(selector, "spec.selector", report);
      if (selector.path("matchLabels").isEmpty() && selector.path("matchExpressions").isEmpty()) {
        report.add(
            FieldError.invalidRaw("spec.selector", "{}", "empty selector is invalid for " + kind));
      }
    }
    template(spec, selector, shown, report);
  }

  private static void template(JsonNode spec, JsonNode selector, String kind, Report report) {
    JsonNode template = spec.path("template");
    JsonNode labels = template.path("metadata").path("labels");
    if (selector.isObject() && !selects(selector, labels)) {
      report.add(
          FieldError.invalidRaw(
              "spec.template.metadata.labels",
              shown(labels),
              "`selector` does not match template `labels`"));
    }
    PodRules.template(template, "spec.template", report);
    JsonNode pod = template.path("spec");
    String restart = pod.path("restartPolicy").asText("Always");
    if (List.of("OnFailure", "Never").contains(restart)) {
      report.add(
          FieldError.notSupported("spec.template.spec.restartPolicy", restart, List.of("Always")));
    }
    if (pod.hasNonNull("activeDeadlineSeconds")) {
      report.forbidden(
          "spec.template.spec.activeDeadlineSeconds",
          "activeDeadlineSeconds in " + kind + " is not Supported");
    }
  }

  private static boolean selects(JsonNode selector, JsonNode labels) {
    try {
      return LabelSelector.of(selector).matches(map(labels));
    } catch (IllegalArgumentException e) {
      return true; // reported as the selector's own error
    }
  }

  private static Map<String, String> map(JsonNode labels) {
    Map<String, String> map = new TreeMap<>();
    labels.properties().forEach(label -> map.put(label.getKey(), label.getValue().asText()));
    return map;
  }

  /** As clients know it from messages: {@code map[string]string{"app":"web"}}. */
  private static String shown(JsonNode labels) {
    return map(labels).entrySet().stream()
        .map(label -> Text.quote(label.getKey()) + ":" + Text.quote(label.getValue()))
        .collect(Collectors.joining(", ", "map[string]string{", "}"));
  }

  private static void strategy(JsonNode strategy, Report report) {
    switch (strategy.path("type").asText("")) {
      case "Recreate" -> {
        if (strategy.hasNonNull("rollingUpdate")) {
          report.forbidden(
              "spec" + ROLLING, "may not be specified when strategy `type` is 'Recreate'");
        }
      }
      case "RollingUpdate" -> rolling(strategy.path("rollingUpdate"), report);
      default ->
          report.add(
              FieldError.notSupported(
                  "spec.strategy.type",
                  strategy.path("type").asText(""),
                  List.of("Recreate", "RollingUpdate")));
    }
  }

  private static void rolling(JsonNode rolling, Report report) {
    JsonNode unavailable = rolling.path("maxUnavailable");
    amount(unavailable, "spec" + ROLLING + ".maxUnavailable", report);
    amount(rolling.path("maxSurge"), "spec" + ROLLING + ".maxSurge", report);
    if (isZero(unavailable) && isZero(rolling.path("maxSurge"))) {
      report.add(
          FieldError.invalidRaw(
              "spec" + ROLLING + ".maxUnavailable",
              unavailable.toString(),
              "may not be 0 when `maxSurge` is 0"));
    }
    if (unavailable.isTextual()
        && PERCENT.matcher(unavailable.asText()).matches()
        && percent(unavailable) > 100) {
      report.invalid(
          "spec" + ROLLING + ".maxUnavailable",
          unavailable.asText(),
          "must not be greater than 100%");
    }
  }

  static void amount(JsonNode amount, String path, Report report) {
    if (amount.isTextual() && !PERCENT.matcher(amount.asText()).matches()) {
      report.invalid(
          path,
          amount.asText(),
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', "
              + " or '93%', regex used for validation is '[0-9]+%')");
    } else if (amount.isNumber() && amount.asLong() < 0) {
      report.add(FieldError.invalid(path, amount.asLong(), Report.NOT_NEGATIVE));
    }
  }

  private static boolean isZero(JsonNode amount) {
    return amount.isNumber()
        ? amount.asLong() == 0
        : PERCENT.matcher(amount.asText("")).matches() && percent(amount) == 0;
  }

  private static int percent(JsonNode amount) {
    String text = amount.asText();
    return Integer.parseInt(text.substring(0, text.length() - 1));
  }
}
