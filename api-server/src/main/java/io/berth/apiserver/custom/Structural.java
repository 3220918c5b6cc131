package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One node of a structural schema, read once when its definition is served, so that objects are
 * walked without looking at the schema's JSON again. Immutable.
 *
 * @param document the JSON it was read from, with the bounds of values
 * @param type {@code object}, {@code array}, ..., or empty for any
 * @param properties of an object
 * @param entries values of a map; null where it is none
 * @param anyEntries a map of anything
 * @param items of an array, or null
 * @param defaultValue or null
 * @param pattern that texts must match, compiled, or null
 * @param required properties
 * @param allOf and the others: value rules that must hold too
 * @param hasDefaults whether there is a default in here
 */
record Structural(
    JsonNode document,
    String type,
    boolean nullable,
    boolean preserve,
    boolean embedded,
    boolean intOrString,
    Map<String, Structural> properties,
    @Nullable Structural entries,
    boolean anyEntries,
    @Nullable Structural items,
    @Nullable JsonNode defaultValue,
    @Nullable Pattern pattern,
    List<String> required,
    String listType,
    List<String> listKeys,
    List<Structural> allOf,
    List<Structural> anyOf,
    List<Structural> oneOf,
    @Nullable Structural not,
    boolean hasDefaults) {

  private static final String PREFIX = "x-kubernetes-";

  /**
   * @throws IllegalArgumentException a pattern is none
   */
  static Structural of(JsonNode schema) {
    Map<String, Structural> properties = new LinkedHashMap<>();
    schema
        .path("properties")
        .properties()
        .forEach(property -> properties.put(property.getKey(), of(property.getValue())));
    JsonNode additional = schema.path("additionalProperties");
    Structural entries = additional.isObject() ? of(additional) : null;
    Structural items = schema.path("items").isObject() ? of(schema.path("items")) : null;
    JsonNode byDefault = schema.get("default");
    JsonNode pattern = schema.path("pattern");
    boolean defaults =
        byDefault != null
            || (entries != null && entries.hasDefaults)
            || (items != null && items.hasDefaults)
            || properties.values().stream().anyMatch(Structural::hasDefaults);
    return new Structural(
        schema,
        schema.path("type").asText(""),
        schema.path("nullable").asBoolean(),
        schema.path(PREFIX + "preserve-unknown-fields").asBoolean(),
        schema.path(PREFIX + "embedded-resource").asBoolean(),
        schema.path(PREFIX + "int-or-string").asBoolean(),
        properties,
        entries,
        additional.isBoolean() && additional.booleanValue(),
        items,
        byDefault,
        pattern.isTextual() && !pattern.textValue().isEmpty()
            ? Pattern.compile(pattern.textValue())
            : null,
        strings(schema.path("required")),
        schema.path(PREFIX + "list-type").asText("atomic"),
        strings(schema.path(PREFIX + "list-map-keys")),
        all(schema.path("allOf")),
        all(schema.path("anyOf")),
        all(schema.path("oneOf")),
        schema.path("not").isObject() ? of(schema.path("not")) : null,
        defaults);
  }

  private static List<Structural> all(JsonNode schemas) {
    List<Structural> all = new ArrayList<>();
    schemas.forEach(schema -> all.add(of(schema)));
    return List.copyOf(all);
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(item -> strings.add(item.asText()));
    return List.copyOf(strings);
  }

  /** Whether objects here are maps with keys of any name. */
  boolean isMap() {
    return entries != null || anyEntries;
  }
}
