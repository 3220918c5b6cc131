package io.berth.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** How cells read and write the pieces that several kinds have in common. */
final class Cells {
  static final String NONE = "<none>";
  static final String UNSET = "<unset>";

  private Cells() {}

  /** The text at a path of fields, empty where there is none. */
  static String text(JsonNode object, String... path) {
    return at(object, path).asText("");
  }

  static int integer(JsonNode object, String... path) {
    return at(object, path).asInt(0);
  }

  static JsonNode at(JsonNode object, String... path) {
    JsonNode node = object;
    for (String field : path) {
      node = node.path(field);
    }
    return node;
  }

  static String orNone(String text) {
    return text.isEmpty() ? NONE : text;
  }

  static String joined(List<String> parts) {
    return orNone(String.join(",", parts));
  }

  /** One field of every container of a pod template, with commas. */
  static String ofContainers(JsonNode template, String field) {
    List<String> values = new ArrayList<>();
    for (JsonNode container : template.path("spec").path("containers")) {
      values.add(text(container, field));
    }
    return String.join(",", values);
  }

  /** The texts of a list. */
  static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(item -> texts.add(item.asText("")));
    return texts;
  }

  static JsonNode node(String text) {
    return new TextNode(text);
  }

  /** {@code key=value} pairs in the order of their keys, with commas. */
  static String pairs(JsonNode map) {
    TreeMap<String, String> sorted = new TreeMap<>();
    map.properties().forEach(e -> sorted.put(e.getKey(), e.getValue().asText("")));
    return sorted.entrySet().stream()
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(","));
  }

  /** A {@code LabelSelector} as people write it: {@code app=web,tier in (a,b),!old}. */
  static String labelSelector(JsonNode selector) {
    List<String> parts = new ArrayList<>();
    String equal = pairs(selector.path("matchLabels"));
    if (!equal.isEmpty()) {
      parts.add(equal);
    }
    for (JsonNode expression : selector.path("matchExpressions")) {
      List<String> values = new ArrayList<>();
      expression.path("values").forEach(v -> values.add(v.asText("")));
      values.sort(null);
      String key = text(expression, "key");
      String set = "(" + String.join(",", values) + ")";
      parts.add(
          switch (text(expression, "operator")) {
            case "In" -> key + " in " + set;
            case "NotIn" -> key + " notin " + set;
            case "DoesNotExist" -> "!" + key;
            default -> key;
          });
    }
    return joined(parts);
  }

  /** Whether there is a condition of that type, whatever its status. */
  static boolean hasCondition(JsonNode object, String type) {
    for (JsonNode condition : object.path("status").path("conditions")) {
      if (text(condition, "type").equals(type)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a condition of that type has that status. */
  static boolean condition(JsonNode object, String type, String status) {
    for (JsonNode condition : object.path("status").path("conditions")) {
      if (text(condition, "type").equals(type)) {
        return text(condition, "status").equals(status);
      }
    }
    return false;
  }
}
