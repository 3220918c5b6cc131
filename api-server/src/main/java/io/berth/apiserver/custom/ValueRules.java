package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Text;
import io.berth.api.validation.FieldError;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks objects against the value rules of their structural schema, worded as Kubernetes words
 * them. Pure.
 */
final class ValueRules {
  private static final List<String> RESOURCE_FIELDS = List.of("apiVersion", "kind");

  private final List<FieldError> errors = new ArrayList<>();

  private ValueRules() {}

  /** All that is wrong with an object, in the order of the walk. */
  static List<FieldError> check(Structural root, JsonNode object) {
    return check(root, object, "");
  }

  /** The same for a change: what is as it was before is not checked anew. */
  static List<FieldError> checkChange(Structural root, JsonNode object, JsonNode old) {
    ValueRules rules = new ValueRules();
    rules.value(root, object, old, "");
    return rules.errors;
  }

  /** The same for a part of an object that stands at a path. */
  static List<FieldError> check(Structural schema, JsonNode value, String path) {
    ValueRules rules = new ValueRules();
    rules.value(schema, value, null, path);
    return rules.errors;
  }

  private void value(Structural schema, JsonNode value, @Nullable JsonNode old, String path) {
    if ((value.isNull() && schema.nullable()) || value.equals(old)) {
      return;
    }
    if (!typeFits(schema, value)) {
      String wanted = schema.intOrString() ? "integer,string" : schema.type();
      errors.add(typeError(path, typeOf(value), wanted, typeOf(value)));
      return;
    }
    enumeration(schema, value, path);
    switch (value.getNodeType()) {
      case STRING -> text(schema, value.textValue(), path);
      case NUMBER -> number(schema, value, path);
      case ARRAY -> array(schema, value, old, path);
      case OBJECT -> object(schema, value, old, path);
      default -> {}
    }
    combined(schema, value, path);
  }

  private static FieldError typeError(String path, String value, String wanted, String shown) {
    return new FieldError(
        path,
        FieldError.Type.TYPE_INVALID,
        Text.quote(value),
        in(path) + "must be of type " + wanted + ": " + Text.quote(shown));
  }

  private static String in(String path) {
    return path + " in body ";
  }

  private static boolean typeFits(Structural schema, JsonNode value) {
    if (schema.intOrString()) {
      return value.isTextual() || whole(value);
    }
    return switch (schema.type()) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "boolean" -> value.isBoolean();
      case "integer" -> whole(value);
      case "number" -> value.isNumber();
      default -> true;
    };
  }

  private static boolean whole(JsonNode value) {
    return value.isIntegralNumber()
        || (value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0);
  }

  private static String typeOf(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> "string";
      case BOOLEAN -> "boolean";
      case ARRAY -> "array";
      case NUMBER -> whole(value) ? "integer" : "number";
      case OBJECT, POJO -> "object";
      case NULL, MISSING, BINARY -> "null";
    };
  }

  private void enumeration(Structural schema, JsonNode value, String path) {
    JsonNode allowed = schema.document().path("enum");
    if (allowed.isEmpty()) {
      return;
    }
    List<String> names = new ArrayList<>();
    for (JsonNode one : allowed) {
      if (same(one, value)) {
        return;
      }
      names.add(Text.quote(one.isTextual() ? one.textValue() : one.toString()));
    }
    errors.add(
        new FieldError(
            path,
            FieldError.Type.NOT_SUPPORTED,
            shown(value),
            "supported values: " + String.join(", ", names)));
  }

  /** Equal as JSON: 1 and 1.0 are. */
  static boolean same(JsonNode a, JsonNode b) {
    return (a.isNumber() && b.isNumber())
        ? a.decimalValue().compareTo(b.decimalValue()) == 0
        : a.equals(b);
  }

  /** A value as messages show it. */
  static String shown(JsonNode value) {
    return value.isTextual() ? Text.quote(value.textValue()) : value.toString();
  }

  private void invalid(String path, JsonNode value, String what) {
    errors.add(FieldError.invalidRaw(path, shown(value), in(path) + what));
  }

  private void invalid(String path, String value, String what) {
    errors.add(FieldError.invalid(path, value, in(path) + what));
  }

  private void text(Structural schema, String text, String path) {
    JsonNode rules = schema.document();
    int length = text.codePointCount(0, text.length());
    JsonNode max = rules.path("maxLength");
    JsonNode min = rules.path("minLength");
    if (max.isNumber() && length > max.asLong()) {
      errors.add(FieldError.tooLong(path, max.asInt()));
    }
    if (min.isNumber() && length < min.asLong()) {
      invalid(path, text, "should be at least " + min.asLong() + " chars long");
    }
    if (schema.pattern() != null && !schema.pattern().matcher(text).find()) {
      invalid(path, text, "should match '" + schema.pattern().pattern() + "'");
    }
    String format = rules.path("format").asText("");
    if (!format.isEmpty() && !Formats.fits(format, text)) {
      errors.add(typeError(path, text, format, text));
    }
  }

  private void number(Structural schema, JsonNode value, String path) {
    JsonNode rules = schema.document();
    BigDecimal number = value.decimalValue();
    JsonNode max = rules.path("maximum");
    if (max.isNumber()) {
      boolean exclusive = rules.path("exclusiveMaximum").asBoolean();
      int compared = number.compareTo(max.decimalValue());
      if (compared > 0 || (exclusive && compared == 0)) {
        String than = exclusive ? "should be less than " : "should be less than or equal to ";
        invalid(path, value, than + plain(max));
      }
    }
    JsonNode min = rules.path("minimum");
    if (min.isNumber()) {
      boolean exclusive = rules.path("exclusiveMinimum").asBoolean();
      int compared = number.compareTo(min.decimalValue());
      if (compared < 0 || (exclusive && compared == 0)) {
        String than = exclusive ? "should be greater than " : "should be greater than or equal to ";
        invalid(path, value, than + plain(min));
      }
    }
    JsonNode multiple = rules.path("multipleOf");
    if (multiple.isNumber()
        && multiple.decimalValue().signum() > 0
        && number.remainder(multiple.decimalValue()).signum() != 0) {
      invalid(path, value, "should be a multiple of " + plain(multiple));
    }
    bits(rules.path("format").asText(""), number, value, path);
  }

  private void bits(String format, BigDecimal number, JsonNode value, String path) {
    int bits =
        switch (format) {
          case "int32" -> 31;
          case "int64" -> 63;
          default -> 0;
        };
    if (bits > 0 && number.toBigInteger().bitLength() > bits) {
      errors.add(
          FieldError.invalidRaw(
              path,
              shown(value),
              "Checked value must be of type integer with format " + format + " in " + path));
    }
  }

  private static String plain(JsonNode number) {
    return number.decimalValue().stripTrailingZeros().toPlainString();
  }

  private void array(Structural schema, JsonNode array, @Nullable JsonNode old, String path) {
    JsonNode rules = schema.document();
    JsonNode max = rules.path("maxItems");
    if (max.isNumber() && array.size() > max.asLong()) {
      errors.add(FieldError.tooMany(path, array.size(), max.asInt()));
    }
    JsonNode min = rules.path("minItems");
    if (min.isNumber() && array.size() < min.asLong()) {
      invalid(path, array, "should have at least " + min.asLong() + " items");
    }
    unique(schema, array, path);
    Structural items = schema.items();
    for (int i = 0; items != null && i < array.size(); i++) {
      JsonNode before = old == null ? null : ListKeys.correlated(schema, array.get(i), old);
      value(items, array.get(i), before, path + "[" + i + "]");
    }
  }

  /** Sets hold each item once, map lists each key. */
  private void unique(Structural schema, JsonNode array, String path) {
    boolean set = schema.listType().equals("set");
    if (!set && !schema.listType().equals("map")) {
      if (schema.document().path("uniqueItems").asBoolean() && repeated(array)) {
        invalid(path, array, "shouldn't contain duplicates");
      }
      return;
    }
    Set<JsonNode> seen = new HashSet<>();
    Set<JsonNode> reported = new HashSet<>();
    for (int i = 0; i < array.size(); i++) {
      JsonNode key = set ? array.get(i) : ListKeys.of(schema, array.get(i));
      if (!seen.add(key) && reported.add(key)) {
        errors.add(FieldError.duplicateRaw(path + "[" + i + "]", shown(key)));
      }
    }
  }

  private static boolean repeated(JsonNode array) {
    Set<JsonNode> seen = new HashSet<>();
    for (JsonNode item : array) {
      if (!seen.add(item)) {
        return true;
      }
    }
    return false;
  }

  private void object(Structural schema, JsonNode object, @Nullable JsonNode old, String path) {
    JsonNode rules = schema.document();
    JsonNode max = rules.path("maxProperties");
    if (max.isNumber() && object.size() > max.asLong()) {
      errors.add(FieldError.tooMany(path, object.size(), max.asInt()));
    }
    JsonNode min = rules.path("minProperties");
    if (min.isNumber() && object.size() < min.asLong()) {
      invalid(path, object, "should have at least " + min.asLong() + " properties");
    }
    for (String name : schema.required()) {
      if (!object.has(name)) {
        errors.add(FieldError.required(at(path, name), ""));
      }
    }
    if (schema.embedded()) {
      for (String field : RESOURCE_FIELDS) {
        if (object.path(field).asText("").isEmpty()) {
          errors.add(FieldError.required(at(path, field), "must not be empty"));
        }
      }
    }
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      Structural property = schema.properties().get(field.getKey());
      Structural of = property != null ? property : schema.entries();
      if (of != null) {
        JsonNode before = old == null ? null : old.get(field.getKey());
        value(of, field.getValue(), before, at(path, field.getKey()));
      }
    }
  }

  private static String at(String path, String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  private void combined(Structural schema, JsonNode value, String path) {
    if (!schema.allOf().isEmpty()) {
      allOf(schema.allOf(), value, path);
    }
    if (!schema.anyOf().isEmpty()) {
      int valid = count(schema.anyOf(), value, path, false);
      if (valid == 0) {
        whole(Text.quote(path) + " must validate at least one schema (anyOf)");
        errors.addAll(best(schema.anyOf(), value, path));
      }
    }
    if (!schema.oneOf().isEmpty()) {
      int valid = count(schema.oneOf(), value, path, true);
      if (valid != 1) {
        whole(
            Text.quote(path)
                + " must validate one and only one schema (oneOf). "
                + (valid == 0 ? "Found none valid" : "Found " + valid + " valid alternatives"));
        if (valid == 0) {
          errors.addAll(best(schema.oneOf(), value, path));
        }
      }
    }
    if (schema.not() != null && check(schema.not(), value, path).isEmpty()) {
      whole(Text.quote(path) + " must not validate the schema (not)");
    }
  }

  private void allOf(List<Structural> schemas, JsonNode value, String path) {
    List<FieldError> wrong = new ArrayList<>();
    int valid = 0;
    for (Structural schema : schemas) {
      List<FieldError> found = check(schema, value, path);
      valid += found.isEmpty() ? 1 : 0;
      wrong.addAll(found);
    }
    if (!wrong.isEmpty()) {
      errors.addAll(wrong);
      whole(
          Text.quote(path)
              + " must validate all the schemas (allOf)"
              + (valid == 0 ? ". None validated" : ""));
    }
  }

  private static int count(List<Structural> schemas, JsonNode value, String path, boolean all) {
    int valid = 0;
    for (Structural schema : schemas) {
      if (check(schema, value, path).isEmpty()) {
        valid++;
        if (!all) {
          break;
        }
      }
    }
    return valid;
  }

  /** What is wrong by the alternative that the value fits best. */
  private static List<FieldError> best(List<Structural> schemas, JsonNode value, String path) {
    List<FieldError> best = List.of();
    for (Structural schema : schemas) {
      List<FieldError> found = check(schema, value, path);
      if (best.isEmpty() || found.size() < best.size()) {
        best = found;
      }
    }
    return best;
  }

  /** Such an error names its place in the text only. */
  private void whole(String message) {
    errors.add(FieldError.invalid("<nil>", "", message));
  }
}
