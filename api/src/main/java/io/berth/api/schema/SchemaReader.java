package io.berth.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ListOf;
import io.berth.api.schema.Schema.ListType;
import io.berth.api.schema.Schema.MapOf;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schema.PatchStrategy;
import io.berth.api.schema.Schema.Scalar;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the table of types. Its lines:
 *
 * <pre>
 * group core.v1                  the types that follow belong to it
 * PodSpec                        a type; "atomic" after it: replaced whole
 *   containers* []Container ...  a field, * required, its type and its rules
 * </pre>
 *
 * A type is a scalar in lower case, a name of the same group, or a name with its group; {@code []}
 * before it makes a list, {@code map:} a map. Rules: {@code list=atomic|set|map:KEYS}, {@code
 * map=atomic}, {@code patch=merge,retainKeys:KEY}, {@code default=JSON}, {@code zero=JSON}: what is
 * shown where the field is absent.
 */
final class SchemaReader {
  private static final Map<String, Scalar> SCALARS =
      Map.ofEntries(
          Map.entry("string", Scalar.STRING),
          Map.entry("bool", Scalar.BOOLEAN),
          Map.entry("int32", Scalar.INT32),
          Map.entry("int64", Scalar.INT64),
          Map.entry("double", Scalar.DOUBLE),
          Map.entry("bytes", Scalar.BYTES),
          Map.entry("quantity", Scalar.QUANTITY),
          Map.entry("time", Scalar.TIME),
          Map.entry("microtime", Scalar.MICRO_TIME),
          Map.entry("int-or-string", Scalar.INT_OR_STRING),
          Map.entry("any", Scalar.ANY));

  private final Map<String, ObjectType> types = new LinkedHashMap<>();

  /** All types by full name. */
  static Map<String, ObjectType> read(List<String> lines) {
    SchemaReader reader = new SchemaReader();
    reader.declare(lines);
    reader.define(lines);
    return reader.types;
  }

  private void declare(List<String> lines) {
    String group = "";
    for (String line : lines) {
      if (line.startsWith("group ")) {
        group = line.substring("group ".length());
      } else if (!line.startsWith(" ")) {
        boolean atomic = line.endsWith(" atomic");
        String name = group + "." + line.replace(" atomic", "");
        types.put(name, new ObjectType(name, atomic));
      }
    }
  }

  private void define(List<String> lines) {
    String group = "";
    ObjectType type = null;
    for (String line : lines) {
      if (line.startsWith("group ")) {
        group = line.substring("group ".length());
      } else if (!line.startsWith(" ")) {
        type = named(group, line.replace(" atomic", ""));
      } else if (type != null) {
        type.add(field(group, line.strip().split(" ")));
      }
    }
  }

  private Field field(String group, String[] words) {
    boolean required = words[0].endsWith("*");
    String name = required ? words[0].substring(0, words[0].length() - 1) : words[0];
    Map<String, String> rules = new LinkedHashMap<>();
    for (String rule : Arrays.asList(words).subList(2, words.length)) {
      int equals = rule.indexOf('=');
      rules.put(rule.substring(0, equals), rule.substring(equals + 1));
    }
    Schema schema = type(group, words[1], rules.get("list"));
    boolean atomic =
        "atomic".equals(rules.get("map")) || (schema instanceof ObjectType t && t.atomic());
    return new Field(
        name,
        schema,
        required,
        atomic,
        patch(rules.get("patch")),
        json(rules.get("default")),
        json(rules.get("zero")));
  }

  private Schema type(String group, String text, @Nullable String list) {
    if (text.startsWith("[]")) {
      Schema items = type(group, text.substring(2), null);
      if (list == null) {
        return new ListOf(items, ListType.ATOMIC, List.of());
      }
      int colon = list.indexOf(':');
      String kind = colon < 0 ? list : list.substring(0, colon);
      List<String> keys =
          colon < 0 ? List.of() : Arrays.asList(list.substring(colon + 1).split(","));
      return new ListOf(items, ListType.valueOf(kind.toUpperCase(Locale.ROOT)), keys);
    }
    if (text.startsWith("map:")) {
      return new MapOf(type(group, text.substring("map:".length()), null));
    }
    Scalar scalar = SCALARS.get(text);
    return scalar != null ? scalar : named(group, text);
  }

  private ObjectType named(String group, String name) {
    ObjectType type = types.get(name.contains(".") ? name : group + "." + name);
    if (type == null) {
      throw new IllegalStateException("the table of types has no " + name + " for " + group);
    }
    return type;
  }

  private static PatchStrategy patch(@Nullable String rule) {
    if (rule == null) {
      return PatchStrategy.NONE;
    }
    int colon = rule.indexOf(':');
    List<String> strategies =
        Arrays.asList((colon < 0 ? rule : rule.substring(0, colon)).split(","));
    return new PatchStrategy(
        strategies.contains("merge"),
        strategies.contains("retainKeys"),
        strategies.contains("replace"),
        colon < 0 ? null : rule.substring(colon + 1));
  }

  private static @Nullable JsonNode json(@Nullable String text) {
    return text == null ? null : Json.parse(text.getBytes(StandardCharsets.UTF_8));
  }
}
