package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import io.berth.api.object.Quantity;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Kinds that bound what others may take, and order who gets it. */
final class PolicyRules {
  /** The classes that every cluster has, and no others may begin as they do. */
  private static final Map<String, Integer> SYSTEM_PRIORITIES =
      Map.of("system-cluster-critical", 2_000_000_000, "system-node-critical", 2_000_001_000);

  private static final int MAX_PRIORITY = 1_000_000_000;
  private static final List<String> PREEMPTION = List.of("Never", "PreemptLowerPriority");
  private static final List<String> UNHEALTHY = List.of("AlwaysAllow", "IfHealthyBudget");

  private PolicyRules() {}

  static void disruptionBudget(JsonNode spec, Report report) {
    if (spec.hasNonNull("minAvailable") && spec.hasNonNull("maxUnavailable")) {
      report.add(
          FieldError.invalidRaw(
              "spec", spec.toString(), "minAvailable and maxUnavailable cannot be both set"));
    }
    for (String bound : new String[] {"minAvailable", "maxUnavailable"}) {
      WorkloadRules.amount(spec.path(bound), "spec." + bound, report);
    }
    if (spec.path("selector").isObject()) {
      SelectorRules.check(spec.path("selector"), "spec.selector", report);
    }
    report.oneOf(spec, "spec", "unhealthyPodEvictionPolicy", UNHEALTHY);
  }

  static void priorityClass(JsonNode priorityClass, Report report) {
    String name = priorityClass.path("metadata").path("name").asText("");
    long value = priorityClass.path("value").asLong(0);
    if (name.startsWith("system-")) {
      Integer known = SYSTEM_PRIORITIES.get(name);
      if (known == null || known != value) {
        String why =
            known == null
                ? name + " is not a known system priority class"
                : "value of " + name + " PriorityClass must be " + known;
        report.forbidden(
            "metadata.name",
            "priority class names with 'system-' prefix are reserved for system use only. error: "
                + why);
      }
    } else if (value > MAX_PRIORITY) {
      report.forbidden(
          "value", "maximum allowed value of a user defined priority is " + MAX_PRIORITY);
    }
    report.oneOf(priorityClass, "", "preemptionPolicy", PREEMPTION);
  }

  static void limitRange(JsonNode spec, Report report) {
    report.unique(spec.path("limits"), "spec.limits", "type");
    Report.each(spec.path("limits"), "spec.limits", (item, at) -> limits(item, at, report));
  }

  private static void limits(JsonNode item, String at, Report report) {
    report.text(item, at, "type", Names::qualifiedName);
    if (item.path("type").asText("").equals("Pod")) {
      for (String field : new String[] {"default", "defaultRequest"}) {
        if (!item.path(field).isEmpty()) {
          report.forbidden(at + "." + field, "may not be specified when `type` is 'Pod'");
        }
      }
    }
    boolean claims = item.path("type").asText("").equals("PersistentVolumeClaim");
    if (claims && !item.path("min").has("storage") && !item.path("max").has("storage")) {
      report.required(
          at + ".limits",
          "either minimum or maximum storage value is required, but neither was provided");
    }
    TreeSet<String> names = new TreeSet<>();
    for (String field : new String[] {"max", "min", "default", "defaultRequest"}) {
      item.path(field).fieldNames().forEachRemaining(names::add);
    }
    item.path("maxLimitRequestRatio").fieldNames().forEachRemaining(names::add);
    names.forEach(name -> bounds(item, name, at, report));
  }

  private static void bounds(JsonNode item, String name, String at, Report report) {
    Quantity min = amount(item, "min", name);
    Quantity max = amount(item, "max", name);
    Quantity limit = amount(item, "default", name);
    Quantity request = amount(item, "defaultRequest", name);
    order(min, "min", max, "max", at, "min", name, report);
    order(min, "min", request, "default request", at, "defaultRequest", name, report);
    order(request, "default request", max, "max", at, "defaultRequest", name, report);
    order(request, "default request", limit, "default limit", at, "defaultRequest", name, report);
    order(min, "min", limit, "default", at, "default", name, report);
    order(limit, "default", max, "max", at, "default", name, report);
    Quantity ratio = amount(item, "maxLimitRequestRatio", name);
    if (ratio != null && ratio.compareTo(Quantity.parse("1")) < 0) {
      report.invalid(
          at + ".maxLimitRequestRatio[" + name + "]",
          ratio.toString(),
          "ratio " + ratio + " is less than 1");
    }
  }

  private static void order(
      @Nullable Quantity less,
      String lessName,
      @Nullable Quantity more,
      String moreName,
      String at,
      String field,
      String resource,
      Report report) {
    if (less != null && more != null && less.compareTo(more) > 0) {
      boolean ofDefaults = field.startsWith("default") && lessName.startsWith("default");
      Quantity shown = field.equals(lessName) || ofDefaults ? less : more;
      report.invalid(
          at + "." + field + "[" + resource + "]",
          shown.toString(),
          lessName + " value " + less + " is greater than " + moreName + " value " + more);
    }
  }

  private static @Nullable Quantity amount(JsonNode item, String field, String name) {
    JsonNode amount = item.path(field).path(name);
    return amount.isMissingNode() ? null : Quantity.of(amount);
  }

  static void flowSchema(JsonNode spec, Report report) {
    report.range(
        spec, "spec", "matchingPrecedence", 1, 10_000, "must be a value between 1 and 10000");
    report.text(spec.path("priorityLevelConfiguration"), "spec.priorityLevelConfiguration", "name");
    JsonNode distinguisher = spec.path("distinguisherMethod");
    if (distinguisher.isObject()) {
      report.oneOf(
          distinguisher, "spec.distinguisherMethod", "type", List.of("ByNamespace", "ByUser"));
    }
  }

  static void priorityLevel(JsonNode level, Report report) {
    JsonNode spec = level.path("spec");
    String type = spec.path("type").asText("");
    boolean limited = spec.path("limited").isObject();
    switch (type) {
      case "Exempt" -> {
        if (limited) {
          report.forbidden("spec.limited", "must be nil if the type is not Limited");
        }
      }
      case "Limited" -> {
        if (!limited) {
          report.required("spec.limited", "must not be empty when type is Limited");
        }
        if (spec.path("exempt").isObject()) {
          report.forbidden("spec.exempt", "must be nil if the type is Limited");
        }
      }
      default ->
          report.add(FieldError.notSupported("spec.type", type, List.of("Exempt", "Limited")));
    }
  }
}
