package io.berth.apiserver.custom;

import com.google.common.collect.ImmutableMap;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import io.berth.apiserver.cel.CelNames;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Types of the expression language from structural schemas. */
final class CelSchema {
  private final List<CelType> types = new ArrayList<>();

  private CelSchema() {}

  /**
   * The type of a value and those of the objects in it.
   *
   * @param self the value's
   * @param all to be given to the compiler
   */
  record Types(CelType self, List<CelType> all) {}

  /**
   * @param resource whether the value is a whole object, with kind and metadata
   */
  static Types of(Structural schema, boolean resource) {
    CelSchema reader = new CelSchema();
    CelType self = reader.type(schema, "self", resource);
    return new Types(self, reader.types);
  }

  private CelType type(Structural schema, String name, boolean resource) {
    if (schema.intOrString()) {
      return SimpleType.DYN;
    }
    return switch (schema.type()) {
      case "string" ->
          switch (schema.document().path("format").asText("")) {
            case "byte" -> SimpleType.BYTES;
            case "date", "date-time" -> SimpleType.TIMESTAMP;
            case "duration" -> SimpleType.DURATION;
            default -> SimpleType.STRING;
          };
      case "boolean" -> SimpleType.BOOL;
      case "integer" -> SimpleType.INT;
      case "number" -> SimpleType.DOUBLE;
      case "array" -> {
        Structural items = schema.items();
        yield ListType.create(items == null ? SimpleType.DYN : type(items, name + ".item", false));
      }
      case "object" -> object(schema, name, resource || schema.embedded());
      default -> SimpleType.DYN;
    };
  }

  private CelType object(Structural schema, String name, boolean resource) {
    Structural entries = schema.entries();
    if (entries != null) {
      return MapType.create(SimpleType.STRING, type(entries, name + ".entry", false));
    }
    if (schema.anyEntries()) {
      return MapType.create(SimpleType.STRING, SimpleType.DYN);
    }
    Map<String, CelType> fields = new LinkedHashMap<>();
    schema
        .properties()
        .forEach(
            (field, form) -> {
              String escaped = CelNames.escape(field);
              if (escaped != null) {
                fields.put(escaped, type(form, name + "." + escaped, false));
              }
            });
    if (resource) {
      fields.put("apiVersion", SimpleType.STRING);
      fields.put("kind", SimpleType.STRING);
      fields.put(
          "metadata",
          struct(
              name + ".metadata",
              Map.of("name", SimpleType.STRING, "generateName", SimpleType.STRING)));
    }
    return struct(name, fields);
  }

  private CelType struct(String name, Map<String, CelType> all) {
    ImmutableMap<String, CelType> fields = ImmutableMap.copyOf(all);
    StructType type =
        StructType.create(name, fields.keySet(), field -> Optional.ofNullable(fields.get(field)));
    types.add(type);
    return type;
  }
}
