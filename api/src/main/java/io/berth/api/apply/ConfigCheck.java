package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.schema.Schema;
import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ListOf;
import io.berth.api.schema.Schema.ListType;
import io.berth.api.schema.Schema.MapOf;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schema.Scalar;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Whether a configuration fits its type so far that it can be merged: fields, kinds, keys. */
final class ConfigCheck {
  private final List<String> errors = new ArrayList<>();

  private ConfigCheck() {}

  /**
   * @throws ApiException 400 with all that does not fit
   */
  static void check(ObjectType type, ObjectNode config) {
    ConfigCheck check = new ConfigCheck();
    check.object(type, config, "");
    if (!check.errors.isEmpty()) {
      throw Errors.badRequest(
          "failed to create typed patch object (" + about(config) + "): " + check.text());
    }
  }

  private String text() {
    return errors.size() == 1
        ? errors.getFirst()
        : errors.stream().collect(Collectors.joining("\n  ", "errors:\n  ", ""));
  }

  private static String about(ObjectNode config) {
    JsonNode metadata = config.path("metadata");
    String version = config.path("apiVersion").asText("");
    return metadata.path("namespace").asText("")
        + "/"
        + metadata.path("name").asText("")
        + "; "
        + (version.contains("/") ? version : "/" + version)
        + ", Kind="
        + config.path("kind").asText("");
  }

  private void value(Schema schema, JsonNode value, String path) {
    if (value.isNull()) {
      return;
    }
    switch (schema) {
      case ObjectType type -> object(type, value, path);
      case MapOf map -> {
        if (isMap(value, path)) {
          value
              .properties()
              .forEach(e -> value(map.values(), e.getValue(), path + "." + e.getKey()));
        }
      }
      case ListOf list -> list(list, value, path);
      case Scalar scalar -> scalar(scalar, value, path);
    }
  }

  private void object(ObjectType type, JsonNode value, String path) {
    if (!isMap(value, path)) {
      return;
    }
    for (var entry : value.properties()) {
      Field field = type.field(entry.getKey());
      String below = path + "." + entry.getKey();
      if (field == null) {
        errors.add(below + ": field not declared in schema");
        return;
      }
      value(field.type(), entry.getValue(), below);
    }
  }

  private boolean isMap(JsonNode value, String path) {
    if (!value.isObject()) {
      error(path, "expected map, got &{" + value.asText() + "}");
    }
    return value.isObject();
  }

  private void list(ListOf list, JsonNode value, String path) {
    if (!value.isArray()) {
      error(path, "expected list, got &{" + value.asText() + "}");
      return;
    }
    Shape shape = Shape.of(list, false);
    Set<PathElement> seen = new HashSet<>();
    for (int i = 0; i < value.size(); i++) {
      PathElement element = PathElement.index(i);
      if (list.type() != ListType.ATOMIC) {
        String wrong = wrongItem(list, value.get(i));
        PathElement known = wrong == null ? Items.element(shape, value.get(i)) : null;
        if (known == null) {
          error(path, "element " + i + ": " + (wrong == null ? omitsKeys(list) : wrong));
          return;
        }
        if (!seen.add(known)) {
          error(path, "duplicate entries for key " + known);
        }
        element = known;
      }
      value(list.items(), value.get(i), path + element);
    }
  }

  private static @Nullable String wrongItem(ListOf list, JsonNode item) {
    if (list.type() == ListType.MAP) {
      return item.isNull()
          ? "associative list with keys may not have a null element"
          : item.isObject() ? null : "associative list with keys may not have non-map elements";
    }
    if (item.isObject()) {
      return "associative list without keys has an element that's a map type";
    }
    if (item.isArray()) {
      return "not supported: associative list with lists as elements";
    }
    return item.isNull()
        ? "associative list without keys has an element that's an explicit null"
        : null;
  }

  private static String omitsKeys(ListOf list) {
    String keys = list.keys().stream().map(k -> '"' + k + '"').collect(Collectors.joining(", "));
    return "associative list with keys has an element that omits all key fields ["
        + keys
        + "] (and doesn't have default values for any key fields)";
  }

  private void scalar(Scalar scalar, JsonNode value, String path) {
    boolean fits =
        switch (scalar) {
          case STRING, BYTES, TIME, MICRO_TIME -> value.isTextual();
          case BOOLEAN -> value.isBoolean();
          case INT32, INT64, DOUBLE -> value.isNumber();
          case QUANTITY, INT_OR_STRING -> value.isValueNode();
          case ANY, OPEN -> true;
        };
    if (!fits) {
      error(
          path,
          switch (scalar) {
            case BOOLEAN -> "expected boolean, got " + shown(value);
            case INT32, INT64, DOUBLE -> "expected numeric (int or float), got " + kind(value);
            case QUANTITY, INT_OR_STRING -> "expected any scalar, got " + shown(value);
            case STRING, BYTES, TIME, MICRO_TIME, ANY, OPEN ->
                "expected string, got " + shown(value);
          });
    }
  }

  private void error(String path, String message) {
    errors.add(path.isEmpty() ? message : path + ": " + message);
  }

  /** The value as clients know it from such messages. */
  private static String shown(JsonNode value) {
    return "&value.valueUnstructured{Value:" + value + "}";
  }

  private static String kind(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> "string";
      case BOOLEAN -> "bool";
      case ARRAY -> "[]interface {}";
      case OBJECT, POJO -> "map[string]interface {}";
      case NUMBER, NULL, MISSING, BINARY -> value.getNodeType().toString();
    };
  }
}
