package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import org.jspecify.annotations.Nullable;

/** The keys that tell items of a map list apart. */
final class ListKeys {
  private ListKeys() {}

  /** The values of an item's key fields, with defaults where it leaves one out. */
  static ObjectNode of(Structural list, JsonNode item) {
    ObjectNode key = Json.object();
    Structural items = list.items();
    for (String field : list.listKeys()) {
      JsonNode value = item.get(field);
      Structural property = items == null ? null : items.properties().get(field);
      if (value == null && property != null) {
        value = property.defaultValue();
      }
      if (value != null) {
        key.set(field, value);
      }
    }
    return key;
  }

  /** The item of an older list that is the same one by its key; null where that cannot be told. */
  static @Nullable JsonNode correlated(Structural list, JsonNode item, JsonNode old) {
    if (!list.listType().equals("map")) {
      return null;
    }
    ObjectNode key = of(list, item);
    for (JsonNode before : old) {
      if (of(list, before).equals(key)) {
        return before;
      }
    }
    return null;
  }
}
