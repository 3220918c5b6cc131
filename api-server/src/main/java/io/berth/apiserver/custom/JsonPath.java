package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The paths of printer columns, scale subresources and selectable fields: {@code .spec.list[0]},
 * {@code .metadata.labels.example\.com/name}, {@code .items[*].name}, {@code
 * .status.conditions[?(@.type=="Ready")].status}, {@code ..name}. Immutable.
 */
final class JsonPath {
  /** One step from values to values. */
  interface Step {
    void walk(JsonNode from, List<JsonNode> to);
  }

  private final List<Step> steps;

  JsonPath(List<Step> steps) {
    this.steps = List.copyOf(steps);
  }

  /**
   * @throws IllegalArgumentException the text is no path
   */
  static JsonPath parse(String text) {
    return new JsonPathReader(text).path();
  }

  /** Every value that the path leads to, in the order of the object; none is no error. */
  List<JsonNode> find(JsonNode object) {
    List<JsonNode> found = List.of(object);
    for (Step step : steps) {
      List<JsonNode> next = new ArrayList<>();
      found.forEach(value -> step.walk(value, next));
      found = next;
    }
    return found;
  }

  static void field(String name, JsonNode from, List<JsonNode> to) {
    JsonNode value = from.get(name);
    if (value != null) {
      to.add(value);
    }
  }

  static void all(JsonNode from, List<JsonNode> to) {
    from.forEach(to::add);
  }

  static void deep(String name, JsonNode from, List<JsonNode> to) {
    field(name, from, to);
    from.forEach(child -> deep(name, child, to));
  }

  static void slice(int from, int to, int step, JsonNode array, List<JsonNode> found) {
    if (!array.isArray()) {
      return;
    }
    int size = array.size();
    int first = from < 0 ? from + size : from;
    int end = Math.min(to < 0 ? to + size : to, size);
    for (int i = Math.max(0, first); i < end; i += step) {
      found.add(array.get(i));
    }
  }

  static void index(int index, JsonNode array, List<JsonNode> found) {
    int at = index < 0 ? index + array.size() : index;
    if (array.isArray() && at >= 0 && at < array.size()) {
      found.add(array.get(at));
    }
  }
}
