package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Items of lists that are owned by item. */
final class Items {
  private Items() {}

  /** Which item of the list this is, or null where that cannot be told. */
  static @Nullable PathElement element(Shape list, JsonNode item) {
    return switch (list) {
      case Shape.Keyed keyed -> item.isObject() ? keyed.element(item) : null;
      case Shape.ValueSet ignored -> item.isValueNode() ? PathElement.value(item) : null;
      default -> throw new IllegalArgumentException("not a list that is owned by item: " + list);
    };
  }

  /** The items, in order; those that cannot be told apart by their keys are left out. */
  static Map<PathElement, List<JsonNode>> byElement(Shape list, @Nullable JsonNode items) {
    Map<PathElement, List<JsonNode>> byElement = new LinkedHashMap<>();
    if (items != null) {
      for (JsonNode item : items) {
        PathElement element = element(list, item);
        if (element != null) {
          byElement.computeIfAbsent(element, e -> new ArrayList<>(1)).add(item);
        }
      }
    }
    return byElement;
  }
}
