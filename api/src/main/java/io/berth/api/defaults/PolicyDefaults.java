package io.berth.api.defaults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Defaults of kinds that bound what others may take, and in which order they get it. */
final class PolicyDefaults {
  private PolicyDefaults() {}

  static void disruptionBudget(ObjectNode budget) {
    Unset.object(budget, "spec");
    ObjectNode status = Unset.object(budget, "status");
    for (String count :
        new String[] {"disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"}) {
      Unset.number(status, count, 0);
    }
  }

  /** One that says nothing else keeps processors busy to four fifths. */
  static void autoscaler(ObjectNode autoscaler) {
    ObjectNode spec = Unset.object(autoscaler, "spec");
    Unset.number(spec, "minReplicas", 1);
    if (spec.path("metrics").isEmpty()) {
      ObjectNode metric = spec.putArray("metrics").addObject().put("type", "Resource");
      ObjectNode resource = metric.putObject("resource").put("name", "cpu");
      resource.putObject("target").put("type", "Utilization").put("averageUtilization", 80);
    }
  }

  static void limitRange(ObjectNode range) {
    Unset.each(
        Unset.object(range, "spec"),
        "limits",
        item -> {
          if (item.path("type").asText().equals("Container")) {
            containerLimits(item);
          }
        });
  }

  /** What a container gets that asks for nothing follows from what it may have. */
  private static void containerLimits(ObjectNode item) {
    fill(item, "default", item.path("max"));
    fill(item, "defaultRequest", item.path("default"));
    fill(item, "defaultRequest", item.path("min"));
  }

  private static void fill(ObjectNode item, String field, JsonNode from) {
    from.properties().stream()
        .filter(amount -> Unset.unset(Unset.object(item, field), amount.getKey()))
        .toList()
        .forEach(amount -> Unset.object(item, field).set(amount.getKey(), amount.getValue()));
  }

  static void quota(ObjectNode quota) {
    Unset.object(quota, "spec");
    Unset.object(quota, "status");
  }

  static void priorityClass(ObjectNode priorityClass) {
    Unset.number(priorityClass, "value", 0);
    Unset.text(priorityClass, "preemptionPolicy", "PreemptLowerPriority");
  }

  static void flowSchema(ObjectNode schema) {
    ObjectNode spec = Unset.object(schema, "spec");
    Unset.positive(spec, "matchingPrecedence", 1000);
    Unset.object(schema, "status");
  }

  static void priorityLevel(ObjectNode level) {
    ObjectNode spec = Unset.object(level, "spec");
    Unset.within(
        spec,
        "exempt",
        exempt -> {
          Unset.number(exempt, "nominalConcurrencyShares", 0);
          Unset.number(exempt, "lendablePercent", 0);
        });
    Unset.within(
        spec,
        "limited",
        limited -> {
          Unset.number(limited, "nominalConcurrencyShares", 30);
          Unset.number(limited, "lendablePercent", 0);
          Unset.within(
              limited,
              "limitResponse",
              response -> Unset.within(response, "queuing", PolicyDefaults::queues));
        });
    Unset.object(level, "status");
  }

  private static void queues(ObjectNode queuing) {
    Unset.positive(queuing, "queues", 64);
    Unset.positive(queuing, "handSize", 8);
    Unset.positive(queuing, "queueLengthLimit", 50);
  }
}
