package io.berth.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.berth.api.object.Quantity;
import io.berth.api.object.Times;
import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ListOf;
import io.berth.api.schema.Schema.MapOf;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schema.Scalar;
import java.time.Instant;
import java.util.Iterator;
import java.util.Map;

/**
 * Brings an object into the one form that its type has for it: fields that the type does not know
 * and nulls leave, and so do lists and maps that are empty and need not be there; quantities and
 * timestamps become canonical, defaults that the type states are filled, and so are zeros that are
 * shown. The object must fit its type.
 */
public final class Normalizer {
  private Normalizer() {}

  /** Changes the object in place; doing it again changes nothing. */
  public static void normalize(ObjectType type, ObjectNode object) {
    Iterator<Map.Entry<String, JsonNode>> fields = object.properties().iterator();
    while (fields.hasNext()) {
      var entry = fields.next();
      Field field = type.field(entry.getKey());
      if (field == null || entry.getValue().isNull()) {
        fields.remove();
        continue;
      }
      entry.setValue(value(field.type(), entry.getValue()));
      if (!field.required() && says(field.type(), entry.getValue()) == 0) {
        fields.remove();
      }
    }
    for (Field field : type.fields().values()) {
      JsonNode byDefault = field.defaultValue();
      JsonNode given = object.get(field.name());
      if (byDefault != null && (given == null || given.asText("x").isEmpty())) {
        object.set(field.name(), byDefault);
      } else if (given == null && field.zero() != null) {
        object.set(field.name(), field.zero().deepCopy());
      }
    }
  }

  /**
   * Only drops the lists and maps that are empty and need not be there: in a configuration that is
   * applied they claim nothing.
   */
  public static void dropEmpty(ObjectType type, ObjectNode object) {
    Iterator<Map.Entry<String, JsonNode>> fields = object.properties().iterator();
    while (fields.hasNext()) {
      var entry = fields.next();
      Field field = type.field(entry.getKey());
      if (field == null) {
        continue; // it is told of later
      }
      dropEmpty(field.type(), entry.getValue());
      if (!field.required() && says(field.type(), entry.getValue()) == 0) {
        fields.remove();
      }
    }
  }

  private static void dropEmpty(Schema schema, JsonNode value) {
    switch (schema) {
      case ObjectType type when value instanceof ObjectNode object -> dropEmpty(type, object);
      case ListOf list -> value.forEach(item -> dropEmpty(list.items(), item));
      case MapOf map -> value.forEach(item -> dropEmpty(map.values(), item));
      default -> {}
    }
  }

  /** How much a list or map says; 1 for all else, whose being there may mean something. */
  private static int says(Schema schema, JsonNode value) {
    boolean counts =
        (schema instanceof ListOf && value.isArray())
            || (schema instanceof MapOf && value.isObject());
    return counts ? value.size() : 1;
  }

  /** The value itself, changed within, or another that takes its place. */
  private static JsonNode value(Schema schema, JsonNode value) {
    switch (schema) {
      case ObjectType type when value instanceof ObjectNode object -> normalize(type, object);
      case ListOf list when value instanceof ArrayNode items -> items(list.items(), items);
      case MapOf map when value instanceof ObjectNode entries -> entries(map.values(), entries);
      case Scalar scalar -> {
        return scalar(scalar, value);
      }
      default -> {}
    }
    return value;
  }

  private static void items(Schema schema, ArrayNode items) {
    for (int i = 0; i < items.size(); i++) {
      items.set(i, present(schema, items.get(i)));
    }
  }

  private static void entries(Schema schema, ObjectNode entries) {
    Iterator<Map.Entry<String, JsonNode>> each = entries.properties().iterator();
    while (each.hasNext()) {
      var entry = each.next();
      entry.setValue(present(schema, entry.getValue()));
    }
  }

  /** A value of a list or map, which is there even where it is null: the type's zero then. */
  private static JsonNode present(Schema schema, JsonNode value) {
    if (!value.isNull()) {
      return value(schema, value);
    }
    return switch (schema) {
      case ObjectType type -> value(type, JsonNodeFactory.instance.objectNode());
      case ListOf list -> value;
      case MapOf map -> value;
      case Scalar scalar ->
          switch (scalar) {
            case STRING -> TextNode.valueOf("");
            case QUANTITY -> TextNode.valueOf("0");
            case BOOLEAN -> BooleanNode.FALSE;
            case INT32, INT64, DOUBLE, INT_OR_STRING -> IntNode.valueOf(0);
            case BYTES, TIME, MICRO_TIME, ANY, OPEN -> value;
          };
    };
  }

  private static JsonNode scalar(Scalar scalar, JsonNode value) {
    return switch (scalar) {
      case QUANTITY -> text(value, Quantity.of(value).toString());
      case TIME -> value.isTextual() ? time(value, false) : value;
      case MICRO_TIME -> value.isTextual() ? time(value, true) : value;
      default -> value;
    };
  }

  private static JsonNode time(JsonNode value, boolean micros) {
    Instant time = Times.parse(value.textValue());
    return text(value, micros ? Times.micros(time) : Times.seconds(time));
  }

  private static JsonNode text(JsonNode value, String canonical) {
    return value.isTextual() && value.textValue().equals(canonical)
        ? value
        : TextNode.valueOf(canonical);
  }
}
