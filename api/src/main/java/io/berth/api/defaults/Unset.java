package io.berth.api.defaults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Consumer;

/** Fills fields that are not set. Null is as good as absent, as is empty text where it says so. */
final class Unset {
  private Unset() {}

  static boolean unset(ObjectNode object, String field) {
    JsonNode value = object.get(field);
    return value == null || value.isNull();
  }

  /** Fills text; empty counts as not set. */
  static void text(ObjectNode object, String field, String value) {
    if (object.path(field).asText("").isEmpty() || object.path(field).isNull()) {
      object.put(field, value);
    }
  }

  /** Fills a number; zero counts as not set. */
  static void positive(ObjectNode object, String field, int value) {
    if (object.path(field).asInt(0) == 0) {
      object.put(field, value);
    }
  }

  /** Fills a number; zero is a value. */
  static void number(ObjectNode object, String field, int value) {
    if (unset(object, field)) {
      object.put(field, value);
    }
  }

  static void flag(ObjectNode object, String field, boolean value) {
    if (unset(object, field)) {
      object.put(field, value);
    }
  }

  /** The object in a field, made empty where there is none. */
  static ObjectNode object(ObjectNode object, String field) {
    return object.get(field) instanceof ObjectNode present ? present : object.putObject(field);
  }

  /** Does something with the object in a field, if there is one. */
  static void within(JsonNode object, String field, Consumer<ObjectNode> action) {
    if (object.get(field) instanceof ObjectNode present) {
      action.accept(present);
    }
  }

  /** Does something with each object of the list in a field. */
  static void each(JsonNode object, String field, Consumer<ObjectNode> action) {
    if (object.get(field) instanceof ArrayNode list) {
      for (JsonNode item : list) {
        if (item instanceof ObjectNode present) {
          action.accept(present);
        }
      }
    }
  }

  /** As {@link #each(JsonNode, String, Consumer)}, over several fields. */
  static void each(JsonNode object, List<String> fields, Consumer<ObjectNode> action) {
    fields.forEach(field -> each(object, field, action));
  }
}
