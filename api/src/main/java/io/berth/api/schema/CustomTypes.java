package io.berth.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ListOf;
import io.berth.api.schema.Schema.ListType;
import io.berth.api.schema.Schema.MapOf;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schema.PatchStrategy;
import io.berth.api.schema.Schema.Scalar;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the structural schema of a CustomResourceDefinition ({@code openAPIV3Schema}) as a type:
 * what server-side apply and patches walk objects by. Value rules are not part of it. Pure.
 */
public final class CustomTypes {
  private static final String PREFIX = "x-kubernetes-";

  private CustomTypes() {}

  /**
   * The type of the root, with the fields that every object has.
   *
   * @param name of the type, {@code GROUP.VERSION.KIND}
   */
  public static ObjectType of(String name, JsonNode schema) {
    ObjectType type = object(name, schema);
    addObjectFields(type);
    return type;
  }

  /** A type of which only the fields that every object has are known; it may have any other. */
  public static ObjectType anyObject() {
    ObjectType type = new ObjectType("object", false, true);
    addObjectFields(type);
    return type;
  }

  private static void addObjectFields(ObjectType type) {
    type.add(field("apiVersion", Scalar.STRING, false, false));
    type.add(field("kind", Scalar.STRING, false, false));
    type.add(field("metadata", Schemas.type("meta.v1.ObjectMeta"), false, false));
  }

  private static ObjectType object(String name, JsonNode schema) {
    boolean atomic = schema.path(PREFIX + "map-type").asText().equals("atomic");
    boolean open = schema.path(PREFIX + "preserve-unknown-fields").asBoolean();
    ObjectType type = new ObjectType(name, atomic, open);
    List<String> required = strings(schema.path("required"));
    schema
        .path("properties")
        .properties()
        .forEach(
            property -> {
              String field = property.getKey();
              JsonNode form = property.getValue();
              Schema of = type(name + "_" + field, form);
              boolean whole = form.path(PREFIX + "map-type").asText().equals("atomic");
              JsonNode byDefault = form.path("default");
              JsonNode key = byDefault.isValueNode() && !byDefault.isNull() ? byDefault : null;
              type.add(
                  new Field(field, of, required.contains(field), whole, PatchStrategy.NONE, key));
            });
    if (schema.path(PREFIX + "embedded-resource").asBoolean()) {
      addObjectFields(type);
    }
    return type;
  }

  private static Field field(String name, Schema type, boolean required, boolean atomic) {
    return new Field(name, type, required, atomic, PatchStrategy.NONE, null);
  }

  private static Schema type(String name, JsonNode schema) {
    if (schema.path(PREFIX + "int-or-string").asBoolean()) {
      return Scalar.INT_OR_STRING;
    }
    return switch (schema.path("type").asText()) {
      case "string" -> Scalar.STRING;
      case "boolean" -> Scalar.BOOLEAN;
      case "integer" -> Scalar.INT64;
      case "number" -> Scalar.DOUBLE;
      case "array" -> list(name, schema);
      case "object" -> {
        JsonNode values = schema.path("additionalProperties");
        if (values.isObject()) {
          yield new MapOf(type(name + "_entry", values));
        }
        if (values.asBoolean()) {
          yield new MapOf(Scalar.ANY);
        }
        yield object(name, schema);
      }
      default ->
          schema.path(PREFIX + "preserve-unknown-fields").asBoolean() ? Scalar.OPEN : Scalar.ANY;
    };
  }

  private static Schema list(String name, JsonNode schema) {
    Schema items = type(name + "_item", schema.path("items"));
    return switch (schema.path(PREFIX + "list-type").asText()) {
      case "set" -> new ListOf(items, ListType.SET, List.of());
      case "map" -> new ListOf(items, ListType.MAP, strings(schema.path(PREFIX + "list-map-keys")));
      default -> new ListOf(items, ListType.ATOMIC, List.of());
    };
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(item -> strings.add(item.asText()));
    return strings;
  }

  /** The type of a version whose schema is given, ready for a resource's definition. */
  public static TypeRef reference(String name, ObjectNode schema) {
    return new TypeRef.Custom(of(name, schema), schema);
  }
}
