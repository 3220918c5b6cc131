package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.NullValue;
import com.google.protobuf.Timestamp;
import io.berth.api.codec.Json;
import io.berth.apiserver.cel.CelNames;
import io.berth.apiserver.cel.KeyedList;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Values of the expression language from JSON. Pure. */
public final class CelValues {
  private static final Pattern DURATION_PART =
      Pattern.compile("([0-9]+(?:\\.[0-9]*)?)(ns|us|µs|μs|ms|s|m|h)");

  private CelValues() {}

  /** A value of which no type is known: whole numbers stay whole. */
  public static Object of(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> map(value);
      case ARRAY -> {
        List<Object> list = new ArrayList<>(value.size());
        value.forEach(item -> list.add(of(item)));
        yield list;
      }
      case STRING -> value.textValue();
      case BOOLEAN -> value.booleanValue();
      case NUMBER ->
          value.isIntegralNumber() && value.canConvertToLong()
              ? (Object) value.longValue()
              : (Object) value.doubleValue();
      default -> NullValue.NULL_VALUE;
    };
  }

  /** An object of which no type is known. */
  public static Map<String, Object> map(JsonNode object) {
    Map<String, Object> map = new LinkedHashMap<>();
    object.properties().forEach(e -> map.put(e.getKey(), of(e.getValue())));
    return map;
  }

  /** A time of metadata. */
  public static Object time(String text) {
    return text("date-time", text);
  }

  /**
   * The JSON of a value that an expression made.
   *
   * @throws IllegalArgumentException it is of a type that JSON has none for
   */
  public static JsonNode toJson(Object value) {
    return switch (value) {
      case Map<?, ?> map -> {
        ObjectNode object = Json.object();
        map.forEach((key, field) -> object.set(key.toString(), toJson(field)));
        yield object;
      }
      case List<?> list -> {
        ArrayNode array = Json.mapper().createArrayNode();
        list.forEach(item -> array.add(toJson(item)));
        yield array;
      }
      case String text -> TextNode.valueOf(text);
      case Boolean bool -> BooleanNode.valueOf(bool);
      case Long number -> LongNode.valueOf(number);
      case Double number -> DoubleNode.valueOf(number);
      case NullValue ignored -> NullNode.getInstance();
      default ->
          throw new IllegalArgumentException(
              "no JSON for a value of " + value.getClass().getSimpleName());
    };
  }

  /**
   * A value as its schema has it.
   *
   * @param resource whether it is a whole object
   */
  static Object of(Structural schema, JsonNode value, boolean resource) {
    if (value.isNull()) {
      return NullValue.NULL_VALUE;
    }
    return switch (schema.type()) {
      case "object" -> value.isObject() ? object(schema, value, resource) : of(value);
      case "array" -> {
        Structural items = schema.items();
        List<Object> list = new ArrayList<>(value.size());
        value.forEach(item -> list.add(items == null ? of(item) : of(items, item, false)));
        yield typed(schema, list);
      }
      case "number" -> value.isNumber() ? (Object) value.doubleValue() : of(value);
      case "string" ->
          value.isTextual()
              ? text(schema.document().path("format").asText(""), value.textValue())
              : of(value);
      default -> of(value);
    };
  }

  private static List<Object> typed(Structural schema, List<Object> list) {
    return switch (schema.listType()) {
      case "set" -> KeyedList.set(list);
      case "map" -> KeyedList.map(list, schema.listKeys().stream().map(CelValues::name).toList());
      default -> list;
    };
  }

  private static String name(String field) {
    String escaped = CelNames.escape(field);
    return escaped == null ? field : escaped;
  }

  private static Object object(Structural schema, JsonNode value, boolean resource) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : value.properties()) {
      String name = field.getKey();
      if (schema.isMap()) {
        Structural entries = schema.entries();
        map.put(
            name, entries == null ? of(field.getValue()) : of(entries, field.getValue(), false));
        continue;
      }
      Structural property = schema.properties().get(name);
      if (property != null && !field.getValue().isNull()) {
        // What cannot be named is compared all the same.
        map.put(name(name), of(property, field.getValue(), false));
      }
    }
    if (resource || schema.embedded()) {
      map.put("apiVersion", value.path("apiVersion").asText(""));
      map.put("kind", value.path("kind").asText(""));
      Map<String, Object> metadata = new LinkedHashMap<>();
      for (String name : List.of("name", "generateName")) {
        if (value.path("metadata").path(name).isTextual()) {
          metadata.put(name, value.path("metadata").path(name).textValue());
        }
      }
      map.put("metadata", metadata);
    }
    return map;
  }

  private static Object text(String format, String text) {
    try {
      return switch (format) {
        case "byte" -> ByteString.copyFrom(Base64.getMimeDecoder().decode(text));
        case "date-time" -> timestamp(OffsetDateTime.parse(text).toInstant());
        case "date" -> timestamp(LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant());
        case "duration" -> duration(text);
        default -> text;
      };
    } catch (DateTimeException | IllegalArgumentException e) {
      return text; // reported by the schema's own rules
    }
  }

  private static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }

  private static Duration duration(String text) {
    double nanos = 0;
    Matcher part = DURATION_PART.matcher(text);
    while (part.find()) {
      double unit =
          switch (part.group(2)) {
            case "h" -> 3_600e9;
            case "m" -> 60e9;
            case "s" -> 1e9;
            case "ms" -> 1e6;
            case "ns" -> 1;
            default -> 1e3;
          };
      nanos += Double.parseDouble(part.group(1)) * unit;
    }
    long total = Math.round(text.startsWith("-") ? -nanos : nanos);
    return Duration.newBuilder()
        .setSeconds(total / 1_000_000_000L)
        .setNanos((int) (total % 1_000_000_000L))
        .build();
  }
}
