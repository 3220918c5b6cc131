package io.berth.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.Errors;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The directives of a strategic merge patch that concern an object by itself. */
final class Directives {
  private Directives() {}

  /**
   * What a patch puts where nothing is to merge with: no nulls, no directives. An object that has a
   * directive, be it {@code replace} or {@code delete}, is about what is not there, and leaves with
   * it.
   *
   * @return null where nothing is left to put
   */
  static @Nullable JsonNode added(JsonNode value) {
    return switch (value) {
      case ObjectNode object when object.has(StrategicMergePatch.DIRECTIVE) -> null;
      case ObjectNode object -> fields(object);
      case ArrayNode list -> items(list);
      default -> value.deepCopy();
    };
  }

  /** What a patch says that an object is to be, without the directive that says so. */
  static ObjectNode fields(ObjectNode object) {
    ObjectNode plain = Json.object();
    for (var field : object.properties()) {
      JsonNode value = field.getValue();
      boolean reference = field.getKey().equals("$ref") || field.getKey().equals("$schema");
      JsonNode kept =
          value.isNull() || (field.getKey().startsWith("$") && !reference) ? null : added(value);
      if (kept != null) {
        plain.set(field.getKey(), kept);
      }
    }
    return plain;
  }

  /** What a patch says that a list is to be. */
  static ArrayNode items(ArrayNode list) {
    ArrayNode plain = list.arrayNode();
    for (JsonNode item : list) {
      JsonNode kept = added(item);
      if (kept != null) {
        plain.add(kept);
      }
    }
    return plain;
  }

  /** Drops the fields of {@code target} that a {@code $retainKeys} of the patch does not name. */
  static void retainKeys(ObjectNode target, ObjectNode patch) {
    JsonNode retained = patch.get(StrategicMergePatch.RETAIN_KEYS);
    if (retained == null) {
      return;
    }
    if (!retained.isArray()) {
      throw Errors.badRequest("invalid patch format of retainKeys");
    }
    Set<String> names = new HashSet<>();
    retained.forEach(name -> names.add(name.asText()));
    for (var field : patch.properties()) {
      boolean set = !field.getKey().startsWith("$") && !field.getValue().isNull();
      if (set && !names.contains(field.getKey())) {
        throw Errors.badRequest("invalid patch format of retainKeys");
      }
    }
    target.retain(names);
  }
}
