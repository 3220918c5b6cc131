package io.berth.controllers.object;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Times;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads the forms that fields of API objects have. */
public final class Reading {
  private Reading() {}

  /** A map of strings, sorted; empty where the field is absent. */
  public static SortedMap<String, String> strings(JsonNode map) {
    SortedMap<String, String> strings = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      strings.put(entry.getKey(), entry.getValue().asText());
    }
    return Collections.unmodifiableSortedMap(strings);
  }

  /** A timestamp, or null where the field is absent or unreadable. */
  public static @Nullable Instant time(JsonNode field) {
    if (!field.isTextual()) {
      return null;
    }
    try {
      return Times.parse(field.asText());
    } catch (IllegalArgumentException e) {
      return null; // an object may hold anything: to a controller it is as if it were absent
    }
  }

  /** The entry of a list of conditions with that type; missing where there is none. */
  public static JsonNode condition(JsonNode conditions, String type) {
    for (JsonNode condition : conditions) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return conditions.path("");
  }

  /**
   * Whether two trees say the same: an absent field, null, an empty list and an empty map of
   * strings are one to the API, although not to JSON.
   */
  public static boolean same(JsonNode left, JsonNode right) {
    return normal(left).equals(normal(right));
  }

  private static JsonNode normal(JsonNode node) {
    if (node instanceof ObjectNode object) {
      ObjectNode kept = object.objectNode();
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        JsonNode value = normal(field.getValue());
        boolean nothing = value.isNull() || (value.isArray() && value.isEmpty());
        boolean emptyMap = value.isObject() && value.isEmpty() && isStrings(field.getKey());
        if (!nothing && !emptyMap) {
          kept.set(field.getKey(), value);
        }
      }
      return kept;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode kept = array.arrayNode();
      array.forEach(element -> kept.add(normal(element)));
      return kept;
    }
    return node;
  }

  /** An empty object elsewhere ({@code emptyDir: {}}) means something. */
  private static boolean isStrings(String field) {
    return switch (field) {
      case "labels",
          "annotations",
          "nodeSelector",
          "matchLabels",
          "limits",
          "requests",
          "overhead" ->
          true;
      default -> false;
    };
  }
}
