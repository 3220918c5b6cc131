package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * Fills the defaults of a structural schema in: where a field is absent, and where it is null
 * although it may not be. Doing it again changes nothing.
 */
final class Defaulting {
  private Defaulting() {}

  /** Changes the object in place. */
  static void apply(Structural schema, JsonNode value) {
    if (!schema.hasDefaults()) {
      return;
    }
    if (value instanceof ObjectNode object) {
      object(schema, object);
    } else if (value instanceof ArrayNode array && schema.items() != null) {
      for (int i = 0; i < array.size(); i++) {
        JsonNode byDefault = schema.items().defaultValue();
        if (array.get(i).isNull() && !schema.items().nullable() && byDefault != null) {
          array.set(i, byDefault.deepCopy());
        }
        apply(schema.items(), array.get(i));
      }
    }
  }

  private static void object(Structural schema, ObjectNode object) {
    for (Map.Entry<String, Structural> property : schema.properties().entrySet()) {
      Structural of = property.getValue();
      JsonNode byDefault = of.defaultValue();
      JsonNode given = object.get(property.getKey());
      boolean absent = given == null || (given.isNull() && !of.nullable());
      if (absent && byDefault != null) {
        given = byDefault.deepCopy();
        object.set(property.getKey(), given);
      }
      if (given != null) {
        apply(of, given);
      }
    }
    Structural entries = schema.entries();
    if (entries != null) {
      for (Map.Entry<String, JsonNode> entry : object.properties()) {
        if (!schema.properties().containsKey(entry.getKey())) {
          JsonNode byDefault = entries.defaultValue();
          if (entry.getValue().isNull() && !entries.nullable() && byDefault != null) {
            entry.setValue(byDefault.deepCopy());
          }
          apply(entries, entry.getValue());
        }
      }
    }
  }
}
