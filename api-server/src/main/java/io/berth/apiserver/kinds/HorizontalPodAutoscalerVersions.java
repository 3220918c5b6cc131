package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.apiserver.registry.Versions;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Autoscalers of {@code autoscaling/v1}, which knows one metric, the use of CPU. What else an
 * object of v2 holds lies in annotations there, so that nothing is lost on the way and back.
 */
final class HorizontalPodAutoscalerVersions implements Versions {
  static final HorizontalPodAutoscalerVersions V1 = new HorizontalPodAutoscalerVersions();

  private static final String API_VERSION = "autoscaling/v1";
  private static final String PREFIX = "autoscaling.alpha.kubernetes.io/";
  private static final String METRICS = PREFIX + "metrics";
  private static final String CURRENT_METRICS = PREFIX + "current-metrics";
  private static final String CONDITIONS = PREFIX + "conditions";
  private static final String BEHAVIOR = PREFIX + "behavior";
  private static final String CPU_TARGET = "targetCPUUtilizationPercentage";
  private static final String CPU_CURRENT = "currentCPUUtilizationPercentage";

  private HorizontalPodAutoscalerVersions() {}

  @Override
  public boolean plain(byte[] json) {
    return false;
  }

  @Override
  public ObjectNode requested(ObjectNode v2) {
    ObjectNode v1 = v2.put("apiVersion", API_VERSION);
    ObjectNode annotations = Json.object();
    if (v1.get("spec") instanceof ObjectNode spec) {
      ArrayNode others = Json.mapper().createArrayNode();
      for (JsonNode metric : array(spec.remove("metrics"))) {
        JsonNode use = metric.path("resource").path("target").path("averageUtilization");
        if (isCpu(metric) && use.isNumber() && !spec.has(CPU_TARGET)) {
          spec.set(CPU_TARGET, use);
        } else {
          others.add(ScalingMetrics.specToV1(metric));
        }
      }
      annotate(annotations, METRICS, others);
      JsonNode behavior = spec.remove("behavior");
      if (behavior != null) {
        annotate(annotations, BEHAVIOR, capitalized(behavior));
      }
    }
    if (v1.get("status") instanceof ObjectNode status) {
      if (!status.has("currentReplicas")) {
        status.put("currentReplicas", 0); // always shown in v1
      }
      ArrayNode others = Json.mapper().createArrayNode();
      for (JsonNode metric : array(status.remove("currentMetrics"))) {
        JsonNode use = metric.path("resource").path("current").path("averageUtilization");
        if (isCpu(metric) && use.isNumber()) {
          status.set(CPU_CURRENT, use);
        }
        others.add(ScalingMetrics.statusToV1(metric));
      }
      annotate(annotations, CURRENT_METRICS, others);
      annotate(annotations, CONDITIONS, array(status.remove("conditions")));
    }
    if (!annotations.isEmpty()) {
      v1.withObject("/metadata").withObject("/annotations").setAll(annotations);
    }
    return v1;
  }

  @Override
  public ObjectNode ruled(ObjectNode v1) {
    ObjectNode v2 = v1.put("apiVersion", Resources.HORIZONTAL_POD_AUTOSCALERS.apiVersion());
    ArrayNode metrics = Json.mapper().createArrayNode();
    JsonNode behavior = uncapitalized(annotation(v2, BEHAVIOR));
    for (JsonNode metric : array(annotation(v2, METRICS))) {
      metrics.add(ScalingMetrics.specToV2(metric));
    }
    if (v2.get("spec") instanceof ObjectNode spec) {
      JsonNode use = spec.remove(CPU_TARGET);
      if (use != null && !use.isNull()) {
        ObjectNode cpu = metrics.insertObject(0).put("type", "Resource");
        ObjectNode target = cpu.putObject("resource").put("name", "cpu").putObject("target");
        target.put("type", "Utilization").set("averageUtilization", use);
      }
      if (!metrics.isEmpty()) {
        spec.set("metrics", metrics);
      }
      if (behavior.isObject()) {
        spec.set("behavior", behavior);
      }
    }
    JsonNode conditions = annotation(v2, CONDITIONS);
    JsonNode current = annotation(v2, CURRENT_METRICS);
    if (v2.get("status") instanceof ObjectNode status) {
      status(status, conditions, current);
    }
    if (v2.path("metadata").get("annotations") instanceof ObjectNode annotations) {
      annotations.remove(List.of(METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR));
      if (annotations.isEmpty()) {
        ((ObjectNode) v2.get("metadata")).remove("annotations");
      }
    }
    return v2;
  }

  private static void status(ObjectNode status, JsonNode conditions, JsonNode current) {
    JsonNode use = status.remove(CPU_CURRENT);
    ArrayNode metrics = Json.mapper().createArrayNode();
    boolean cpu = false;
    for (JsonNode metric : array(current)) {
      metrics.add(ScalingMetrics.statusToV2(metric));
      cpu |= isCpu(metric);
    }
    if (use != null && !use.isNull() && !cpu) {
      ObjectNode resource =
          metrics.addObject().put("type", "Resource").putObject("resource").put("name", "cpu");
      resource.putObject("current").set("averageUtilization", use);
    }
    if (!metrics.isEmpty()) {
      status.set("currentMetrics", metrics);
    }
    if (conditions.isArray() && !conditions.isEmpty()) {
      status.set("conditions", conditions);
    }
  }

  private static boolean isCpu(JsonNode metric) {
    return metric.path("type").asText().equals("Resource")
        && metric.path("resource").path("name").asText().equals("cpu");
  }

  private static ArrayNode array(@Nullable JsonNode value) {
    return value instanceof ArrayNode array ? array : Json.mapper().createArrayNode();
  }

  private static void annotate(ObjectNode annotations, String name, JsonNode value) {
    if (!value.isEmpty()) {
      annotations.put(name, value.toString());
    }
  }

  /** An annotation's JSON; missing where it is absent or none. */
  private static JsonNode annotation(JsonNode object, String name) {
    JsonNode text = object.path("metadata").path("annotations").path(name);
    if (!text.isTextual()) {
      return Json.mapper().missingNode();
    }
    try {
      return Json.parse(text.textValue().getBytes(StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return Json.mapper().missingNode();
    }
  }

  /** With the names that the annotation has for fields: {@code scaleUp} is {@code ScaleUp}. */
  private static JsonNode capitalized(JsonNode value) {
    return renamed(value, Character::toUpperCase);
  }

  private static JsonNode uncapitalized(JsonNode value) {
    return renamed(value, Character::toLowerCase);
  }

  private static JsonNode renamed(JsonNode value, IntUnaryOperator first) {
    if (value instanceof ObjectNode object) {
      ObjectNode renamed = Json.object();
      object
          .properties()
          .forEach(
              field -> {
                String name = field.getKey();
                if (!name.isEmpty() && !field.getValue().isNull()) {
                  renamed.set(
                      Character.toString(first.applyAsInt(name.charAt(0))) + name.substring(1),
                      renamed(field.getValue(), first));
                }
              });
      return renamed;
    }
    if (value instanceof ArrayNode array) {
      ArrayNode renamed = Json.mapper().createArrayNode();
      array.forEach(item -> renamed.add(renamed(item, first)));
      return renamed;
    }
    return value;
  }
}
