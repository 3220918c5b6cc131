package io.berth.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Quantity;
import io.berth.api.object.Text;
import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ListOf;
import io.berth.api.schema.Schema.MapOf;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schema.Scalar;
import io.berth.api.schema.SchemaValidator.Findings;
import io.berth.api.validation.FieldError;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One walk over an object along its type. */
final class SchemaWalk {
  private final List<String> unknown = new ArrayList<>();
  private final List<FieldError> missing = new ArrayList<>();
  private @Nullable String wrongType;

  /**
   * Where a value stands. Its texts are made only where something is wrong.
   *
   * @param parent null for the object itself
   * @param owner the type whose field this is, or null for an item or an entry of a map
   * @param name of the field or entry, empty for an item
   * @param index of the item
   */
  private record Place(@Nullable Place parent, @Nullable ObjectType owner, String name, int index) {
    Place field(ObjectType type, String field) {
      return new Place(this, type, field, 0);
    }

    Place item(int index) {
      return new Place(this, null, "", index);
    }

    Place entry(String key) {
      return new Place(this, null, key, 0);
    }

    /** With indexes and keys: {@code spec.containers[0].name}. */
    String path() {
      if (parent == null) {
        return "";
      }
      String before = parent.path();
      if (owner == null && name.isEmpty()) {
        return before + "[" + index + "]";
      }
      return before.isEmpty() ? name : before + "." + name;
    }

    /** As a decoder's message has it: only fields, without indexes and keys. */
    String decoded() {
      if (parent == null) {
        return "";
      }
      String before = parent.decoded();
      return owner == null ? before : before.isEmpty() ? name : before + "." + name;
    }

    /** The innermost type that has a field on the way, empty for the object itself. */
    String typeName() {
      return owner != null ? owner.simpleName() : parent == null ? "" : parent.typeName();
    }
  }

  Findings findings() {
    return new Findings(Optional.ofNullable(wrongType), unknown, missing);
  }

  void root(ObjectType type, JsonNode object) {
    value(type, object, new Place(null, null, "", 0), true);
  }

  private void value(Schema schema, JsonNode value, Place place, boolean wanted) {
    if (value.isNull() || wrongType != null) {
      return; // null is as good as absent
    }
    switch (schema) {
      case ObjectType type -> object(type, value, place, wanted);
      case ListOf list -> {
        if (expect(value.isArray(), value, schema, place)) {
          for (int i = 0; i < value.size(); i++) {
            value(list.items(), value.get(i), place.item(i), wanted);
          }
        }
      }
      case MapOf map -> {
        if (expect(value.isObject(), value, schema, place)) {
          value
              .properties()
              .forEach(e -> value(map.values(), e.getValue(), place.entry(e.getKey()), wanted));
        }
      }
      case Scalar scalar -> scalar(scalar, value, place);
    }
  }

  private void object(ObjectType type, JsonNode value, Place place, boolean wanted) {
    if (!expect(value.isObject(), value, type, place)) {
      return;
    }
    for (var entry : value.properties()) {
      Field field = type.field(entry.getKey());
      if (field == null) {
        if (unknown.size() < SchemaValidator.MAX_UNKNOWN) {
          unknown.add("unknown field " + Text.quote(place.field(type, entry.getKey()).path()));
        }
      } else {
        boolean status = place.parent() == null && field.name().equals("status");
        value(field.type(), entry.getValue(), place.field(type, field.name()), wanted && !status);
      }
    }
    if (wanted) {
      for (Field field : type.fields().values()) {
        JsonNode given = value.get(field.name());
        if (field.required() && (given == null || given.isNull())) {
          missing.add(FieldError.required(place.field(type, field.name()).path(), ""));
        }
      }
    }
  }

  private void scalar(Scalar scalar, JsonNode value, Place place) {
    switch (scalar) {
      case STRING -> expect(value.isTextual(), value, scalar, place);
      case BOOLEAN -> expect(value.isBoolean(), value, scalar, place);
      case INT32 ->
          expect(value.isIntegralNumber() && value.canConvertToInt(), value, scalar, place);
      case INT64 ->
          expect(value.isIntegralNumber() && value.canConvertToLong(), value, scalar, place);
      case DOUBLE -> expect(value.isNumber(), value, scalar, place);
      case BYTES -> {
        if (expect(value.isTextual(), value, scalar, place)) {
          bytes(value.textValue());
        }
      }
      case QUANTITY -> quantity(value);
      case TIME, MICRO_TIME -> {
        if (expect(value.isTextual(), value, scalar, place)) {
          time(value.textValue());
        }
      }
      case INT_OR_STRING ->
          expect(
              value.isTextual() || (value.isIntegralNumber() && value.canConvertToInt()),
              value,
              scalar,
              place);
      case ANY, OPEN -> {}
    }
  }

  private void bytes(String text) {
    try {
      Base64.getDecoder().decode(text.replace("\n", "").replace("\r", ""));
    } catch (IllegalArgumentException e) {
      wrongType = "illegal base64 data at input byte " + illegalAt(text);
    }
  }

  /** The first character that is no base64, or the last place where the length is wrong. */
  private static int illegalAt(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letter = c < 128 && (Character.isLetterOrDigit(c) || "+/=\r\n".indexOf(c) >= 0);
      if (!letter) {
        return i;
      }
    }
    return text.length() / 4 * 4;
  }

  private void quantity(JsonNode value) {
    try {
      if (value.isTextual() || value.isNumber()) {
        Quantity.of(value);
      } else {
        Quantity.parse(value.toString());
      }
    } catch (IllegalArgumentException e) {
      wrongType = e.getMessage();
    }
  }

  private void time(String text) {
    try {
      OffsetDateTime.parse(text);
    } catch (DateTimeException e) {
      String quoted = Text.quote(text);
      wrongType =
          "parsing time "
              + quoted
              + " as \"2006-01-02T15:04:05Z07:00\": cannot parse "
              + quoted
              + " as \"2006\"";
    }
  }

  private boolean expect(boolean fits, JsonNode value, Schema schema, Place place) {
    if (!fits) {
      String into =
          place.parent() == null
              ? "Go value"
              : "Go struct field " + place.typeName() + "." + place.decoded();
      wrongType =
          "json: cannot unmarshal "
              + given(value)
              + (value.isNumber() && isNumber(schema) ? " " + value.asText() : "")
              + " into "
              + into
              + " of type "
              + type(schema);
    }
    return fits;
  }

  /** Where a number was wanted, the one that does not fit is shown. */
  private static boolean isNumber(Schema schema) {
    return schema == Scalar.INT32 || schema == Scalar.INT64 || schema == Scalar.INT_OR_STRING;
  }

  private static String given(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> "string";
      case BOOLEAN -> "bool";
      case ARRAY -> "array";
      case OBJECT, POJO -> "object";
      case NUMBER -> "number";
      case NULL, MISSING, BINARY -> "null";
    };
  }

  /** The type as decoders of Kubernetes' own types name it, which users see in messages. */
  private static String type(Schema schema) {
    return switch (schema) {
      case ObjectType type -> qualified(type);
      case ListOf list -> "[]" + type(list.items());
      case MapOf map -> "map[string]" + type(map.values());
      case Scalar scalar ->
          switch (scalar) {
            case STRING, TIME, MICRO_TIME -> "string";
            case BOOLEAN -> "bool";
            case INT32 -> "int32";
            case INT64 -> "int64";
            case DOUBLE -> "float64";
            case BYTES -> "[]uint8";
            case QUANTITY -> "resource.Quantity";
            case INT_OR_STRING -> "intstr.IntOrString";
            case ANY, OPEN -> "interface {}";
          };
    };
  }

  /** {@code core.v1.PodSpec} is {@code v1.PodSpec} there. */
  private static String qualified(ObjectType type) {
    String name = type.name();
    return name.substring(name.indexOf('.') + 1);
  }
}
