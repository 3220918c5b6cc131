package io.berth.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.Errors;
import java.util.HashSet;
import java.util.Set;

/** The directives of a strategic merge patch that concern an object by itself. */
final class Directives {
  private Directives() {}

  /**
   * A copy of a value that the patch adds: nothing to merge with, so directives and nulls have done
   * their work.
   */
  static JsonNode withoutIn(JsonNode value) {
    if (value instanceof ObjectNode object) {
      ObjectNode plain = Json.object();
      for (var field : object.properties()) {
        if (!field.getKey().startsWith("$") && !field.getValue().isNull()) {
          plain.set(field.getKey(), withoutIn(field.getValue()));
        } else if (isReference(field.getKey())) {
          plain.set(field.getKey(), field.getValue().deepCopy());
        }
      }
      return plain;
    }
    if (value instanceof ArrayNode list) {
      ArrayNode plain = list.arrayNode();
      for (JsonNode item : list) {
        if (!item.path(StrategicMergePatch.DIRECTIVE).asText().equals("delete")
            && !isMarker(item)) {
          plain.add(withoutIn(item));
        }
      }
      return plain;
    }
    return value.deepCopy();
  }

  /** {@code {"$patch": "replace"}} stands in a list only to say that it replaces. */
  static boolean isMarker(JsonNode item) {
    return item.size() == 1 && item.has(StrategicMergePatch.DIRECTIVE);
  }

  /** Fields of JSON schemas, which are no directives. */
  private static boolean isReference(String name) {
    return name.equals("$ref") || name.equals("$schema");
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
