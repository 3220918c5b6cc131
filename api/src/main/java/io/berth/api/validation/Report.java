package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Collects what is wrong, in the order of the checks. For one thread and one object. */
final class Report {
  static final String NOT_NEGATIVE = "must be greater than or equal to 0";
  static final String POSITIVE = "must be greater than 0";
  static final String PORT_RANGE = "must be between 1 and 65535, inclusive";

  private final List<FieldError> errors = new ArrayList<>();

  List<FieldError> errors() {
    return errors;
  }

  void add(FieldError error) {
    errors.add(error);
  }

  void required(String path) {
    add(FieldError.required(path, ""));
  }

  void required(String path, String why) {
    add(FieldError.required(path, why));
  }

  void forbidden(String path, String why) {
    add(FieldError.forbidden(path, why));
  }

  void invalid(String path, String value, String why) {
    add(FieldError.invalid(path, value, why));
  }

  /** One error for each thing that is wrong with a value. */
  void invalid(String path, String value, List<String> wrong) {
    wrong.forEach(message -> invalid(path, value, message));
  }

  /** The text of a field that must be there; null and reported where it is absent or empty. */
  @Nullable String text(JsonNode object, String path, String field) {
    String text = object.path(field).asText("");
    if (text.isEmpty() || object.path(field).isNull()) {
      required(at(path, field));
      return null;
    }
    return text;
  }

  /** A field that must be there, of a form. */
  void text(JsonNode object, String path, String field, Function<String, List<String>> form) {
    String text = text(object, path, field);
    if (text != null) {
      invalid(at(path, field), text, form.apply(text));
    }
  }

  /** A field that may be there, of a form. */
  void optional(JsonNode object, String path, String field, Function<String, List<String>> form) {
    String text = object.path(field).asText("");
    if (!text.isEmpty() && !object.path(field).isNull()) {
      invalid(at(path, field), text, form.apply(text));
    }
  }

  /** A field that may be there, one of some values. */
  void oneOf(JsonNode object, String path, String field, List<String> values) {
    String text = object.path(field).asText("");
    if (!text.isEmpty() && !object.path(field).isNull() && !values.contains(text)) {
      add(FieldError.notSupported(at(path, field), text, values));
    }
  }

  /** A number that may be there, within bounds. */
  void range(JsonNode object, String path, String field, long min, long max, String why) {
    JsonNode number = object.path(field);
    if (number.isNumber() && (number.asLong() < min || number.asLong() > max)) {
      add(FieldError.invalid(at(path, field), number.asLong(), why));
    }
  }

  void notNegative(JsonNode object, String path, String field) {
    range(object, path, field, 0, Long.MAX_VALUE, NOT_NEGATIVE);
  }

  /** A port's number, or a port's name. */
  void port(JsonNode port, String path) {
    if (port.isNumber()) {
      if (port.asLong() < 1 || port.asLong() > 65_535) {
        add(FieldError.invalid(path, port.asLong(), PORT_RANGE));
      }
    } else {
      invalid(path, port.asText(""), Names.portName(port.asText("")));
    }
  }

  /** Reports names that come twice in a list. */
  void unique(JsonNode list, String path, String field) {
    unique(list, path, field, new HashSet<>());
  }

  /**
   * @param seen names that are taken, added to
   */
  void unique(JsonNode list, String path, String field, Set<String> seen) {
    each(
        list,
        path,
        (item, at) -> {
          String name = item.path(field).asText("");
          if (!name.isEmpty() && !seen.add(name)) {
            add(FieldError.duplicate(at(at, field), name));
          }
        });
  }

  /** The path of a field; the object itself has the empty path. */
  static String at(String path, String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  /** Each item of a list with its path. */
  static void each(JsonNode list, String path, BiConsumer<JsonNode, String> check) {
    for (int i = 0; i < list.size(); i++) {
      check.accept(list.get(i), path + "[" + i + "]");
    }
  }

  /** The fields of an object that are set, of some. */
  static List<String> set(JsonNode object, List<String> fields) {
    return fields.stream().filter(object::hasNonNull).toList();
  }
}
