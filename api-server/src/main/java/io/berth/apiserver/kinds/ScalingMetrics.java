package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of autoscalers between {@code autoscaling/v2} and the form that annotations of v1 hold,
 * which names values and targets by what they are instead of by a type. Pure.
 */
final class ScalingMetrics {
  private ScalingMetrics() {}

  static ObjectNode specToV1(JsonNode metric) {
    return toV1(metric, "target", "target", "TargetValue");
  }

  static ObjectNode statusToV1(JsonNode metric) {
    return toV1(metric, "current", "current", "CurrentValue");
  }

  static ObjectNode specToV2(JsonNode metric) {
    return toV2(metric, "target", true);
  }

  static ObjectNode statusToV2(JsonNode metric) {
    return toV2(metric, "current", false);
  }

  /**
   * The field of a metric's type that holds its source: {@code ContainerResource} in lower case.
   */
  private static String source(JsonNode metric) {
    String type = metric.path("type").asText("");
    return type.isEmpty() ? "" : Character.toLowerCase(type.charAt(0)) + type.substring(1);
  }

  private static ObjectNode toV1(JsonNode metric, String values, String prefix, String whole) {
    String source = source(metric);
    JsonNode from = metric.path(source);
    ObjectNode v1 = Json.object().put("type", metric.path("type").asText());
    ObjectNode to = v1.putObject(source);
    JsonNode amounts = from.path(values);
    JsonNode name = from.path("metric").path("name");
    JsonNode selector = from.path("metric").get("selector");
    String value = Character.toLowerCase(whole.charAt(0)) + whole.substring(1);
    switch (source) {
      case "object" -> {
        set(to, "target", from.get("describedObject"));
        set(to, "metricName", name);
        set(to, value, amounts.get("value"));
        set(to, "averageValue", amounts.get("averageValue"));
        set(to, "selector", selector);
      }
      case "pods" -> {
        set(to, "metricName", name);
        set(to, prefix + "AverageValue", amounts.get("averageValue"));
        set(to, "selector", selector);
      }
      case "external" -> {
        set(to, "metricName", name);
        set(to, "metricSelector", selector);
        set(to, value, amounts.get("value"));
        set(to, prefix + "AverageValue", amounts.get("averageValue"));
      }
      default -> {
        set(to, "name", from.get("name"));
        set(to, "container", from.get("container"));
        set(to, prefix + "AverageUtilization", amounts.get("averageUtilization"));
        set(to, prefix + "AverageValue", amounts.get("averageValue"));
      }
    }
    return v1;
  }

  private static ObjectNode toV2(JsonNode metric, String values, boolean typed) {
    String source = source(metric);
    JsonNode from = metric.path(source);
    ObjectNode v2 = Json.object().put("type", metric.path("type").asText());
    ObjectNode to = v2.putObject(source);
    ObjectNode amounts = Json.object();
    set(amounts, "averageUtilization", from.get(values + "AverageUtilization"));
    set(amounts, "value", from.get(values + "Value"));
    set(amounts, "averageValue", from.get(values + "AverageValue"));
    set(amounts, "averageValue", from.get("averageValue"));
    if (typed) {
      amounts.put(
          "type",
          amounts.has("averageUtilization")
              ? "Utilization"
              : amounts.has("averageValue") ? "AverageValue" : "Value");
    }
    set(to, "name", from.get("name"));
    set(to, "container", from.get("container"));
    if (source.equals("object")) {
      set(to, "describedObject", from.get("target"));
    }
    if (from.has("metricName")) {
      ObjectNode named = to.putObject("metric");
      set(named, "name", from.get("metricName"));
      set(named, "selector", from.get("selector"));
      set(named, "selector", from.get("metricSelector"));
    }
    to.set(values, amounts);
    return v2;
  }

  private static void set(ObjectNode object, String field, @Nullable JsonNode value) {
    if (value != null && !value.isNull() && !value.isMissingNode()) {
      object.set(field, value);
    }
  }
}
