package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.berth.api.validation.FieldError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What makes a schema structural: every value has one type that is told outside of value rules, and
 * what the server does with objects (prune, default, merge) follows from it. Pure.
 */
final class StructuralRules {
  private static final String PREFIX = "x-kubernetes-";
  private static final Set<String> TYPES =
      Set.of("string", "number", "integer", "boolean", "array", "object");

  /** What a value rule must not say. */
  private static final List<String> FORBIDDEN_INSIDE =
      List.of(
          "type",
          "title",
          "description",
          "default",
          "nullable",
          PREFIX + "preserve-unknown-fields",
          PREFIX + "embedded-resource",
          PREFIX + "int-or-string",
          PREFIX + "list-map-keys",
          PREFIX + "list-type",
          PREFIX + "map-type",
          PREFIX + "validations");

  private static final List<String> NOT_SUPPORTED =
      List.of(
          "$ref",
          "additionalItems",
          "definitions",
          "dependencies",
          "patternProperties",
          "id",
          "$schema");

  private enum Level {
    ROOT("must not be empty at the root"),
    FIELD("must not be empty for specified object fields"),
    ITEM("must not be empty for specified array items");

    private final String missingType;

    Level(String missingType) {
      this.missingType = missingType;
    }
  }

  private final List<FieldError> errors = new ArrayList<>();

  private StructuralRules() {}

  static List<FieldError> check(JsonNode schema, String path) {
    StructuralRules rules = new StructuralRules();
    rules.schema(schema, Level.ROOT, path);
    if (rules.errors.isEmpty()) {
      rules.defaults(schema, path);
      Rules compiled = Rules.of(Structural.of(schema), path, rules.errors::add);
      if (compiled != null) {
        RuleCosts.check(compiled, path, rules.errors::add);
      }
    }
    return rules.errors;
  }

  private void schema(JsonNode schema, Level level, String path) {
    for (String field : NOT_SUPPORTED) {
      if (schema.path(field).isTextual() || !schema.path(field).isEmpty()) {
        errors.add(FieldError.forbidden(path + "." + field, field + " is not supported"));
      }
    }
    if (schema.path("uniqueItems").asBoolean()) {
      errors.add(
          FieldError.forbidden(
              path + ".uniqueItems",
              "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
    }
    type(schema, level, path);
    extensions(schema, path);
    pattern(schema, path);
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      schema(property.getValue(), Level.FIELD, path + ".properties[" + property.getKey() + "]");
    }
    JsonNode additional = schema.path("additionalProperties");
    if (additional.isObject()) {
      schema(additional, Level.FIELD, path + ".additionalProperties");
    }
    if (schema.path("properties").size() > 0 && (additional.isObject() || additional.asBoolean())) {
      errors.add(
          FieldError.forbidden(
              path + ".additionalProperties",
              "additionalProperties and properties are mutual exclusive"));
    } else if (additional.isBoolean() && !additional.booleanValue()) {
      errors.add(
          FieldError.forbidden(
              path + ".additionalProperties", "additionalProperties cannot be set to false"));
    }
    JsonNode items = schema.path("items");
    if (items.isObject()) {
      schema(items, Level.ITEM, path + ".items");
    } else if (items.isArray()) {
      errors.add(
          FieldError.forbidden(path + ".items", "items must be a schema object and not an array"));
    } else if (schema.path("type").asText().equals("array")) {
      errors.add(FieldError.required(path + ".items", "must be specified"));
    }
    values(schema, schema, path, true);
    lists(schema, path);
    metadata(schema, level, path);
  }

  private void type(JsonNode schema, Level level, String path) {
    String type = schema.path("type").asText("");
    boolean embedded = schema.path(PREFIX + "embedded-resource").asBoolean();
    boolean either = schema.path(PREFIX + "int-or-string").asBoolean();
    boolean preserve = schema.path(PREFIX + "preserve-unknown-fields").asBoolean();
    if (embedded && !type.equals("object")) {
      String why = "must be object if x-kubernetes-embedded-resource is true";
      errors.add(
          type.isEmpty()
              ? FieldError.required(path + ".type", why)
              : FieldError.invalid(path + ".type", type, why));
    } else if (type.isEmpty() && !either && !preserve) {
      errors.add(FieldError.required(path + ".type", level.missingType));
    } else if (either && !type.isEmpty()) {
      errors.add(
          FieldError.invalid(
              path + ".type", type, "must be empty if x-kubernetes-int-or-string is true"));
    }
    if (!type.isEmpty() && !TYPES.contains(type)) {
      errors.add(
          FieldError.notSupported(
              path + ".type",
              type,
              List.of("array", "boolean", "integer", "number", "object", "string")));
    }
    if (level == Level.ROOT && !type.isEmpty() && !type.equals("object")) {
      errors.add(FieldError.invalid(path + ".type", type, "must be object at the root"));
    }
    if (level == Level.ROOT && schema.path("nullable").asBoolean()) {
      errors.add(FieldError.forbidden(path + ".nullable", "nullable cannot be true at the root"));
    }
  }

  private void extensions(JsonNode schema, String path) {
    boolean either = schema.path(PREFIX + "int-or-string").asBoolean();
    for (String name : List.of("preserve-unknown-fields", "embedded-resource")) {
      if (either && schema.path(PREFIX + name).asBoolean()) {
        errors.add(
            FieldError.invalidRaw(
                path + "." + PREFIX + name,
                "true",
                "must be false if x-kubernetes-int-or-string is true"));
      }
    }
    JsonNode preserve = schema.path(PREFIX + "preserve-unknown-fields");
    if (preserve.isBoolean() && !preserve.booleanValue()) {
      errors.add(
          FieldError.invalidRaw(
              path + "." + PREFIX + "preserve-unknown-fields",
              "false",
              "must be true or undefined"));
    }
    if (schema.path(PREFIX + "embedded-resource").asBoolean()) {
      if (schema.path("additionalProperties").isObject()) {
        errors.add(
            FieldError.forbidden(
                path + ".additionalProperties",
                "must not be used if x-kubernetes-embedded-resource is set"));
      }
      if (!preserve.asBoolean() && schema.path("properties").isEmpty()) {
        errors.add(
            FieldError.required(
                path + ".properties",
                "must not be empty if x-kubernetes-embedded-resource is true without"
                    + " x-kubernetes-preserve-unknown-fields"));
      }
    }
  }

  private void pattern(JsonNode schema, String path) {
    String pattern = schema.path("pattern").asText("");
    if (pattern.isEmpty()) {
      return;
    }
    try {
      Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      errors.add(
          FieldError.invalid(
              path + ".pattern",
              pattern,
              "must be a valid regular expression, but isn't: " + e.getMessage()));
    }
  }

  /** Value rules only narrow what the schema around them names. */
  private void values(JsonNode schema, JsonNode around, String path, boolean outer) {
    for (String name : List.of("allOf", "anyOf", "oneOf")) {
      JsonNode all = schema.path(name);
      for (int i = 0; i < all.size(); i++) {
        inside(
            all.get(i), around, path + "." + name + "[" + i + "]", eitherForm(around, name, outer));
      }
    }
    if (schema.path("not").isObject()) {
      inside(schema.path("not"), around, path + ".not", false);
    }
  }

  /** {@code anyOf: [{type: integer}, {type: string}]} goes with x-kubernetes-int-or-string. */
  private static boolean eitherForm(JsonNode around, String name, boolean outer) {
    return around.path(PREFIX + "int-or-string").asBoolean()
        && (name.equals("anyOf") || (outer && name.equals("allOf")));
  }

  private void inside(JsonNode schema, JsonNode around, String path, boolean typeAllowed) {
    for (String field : FORBIDDEN_INSIDE) {
      boolean allowed = typeAllowed && field.equals("type");
      JsonNode value = schema.get(field);
      if (value != null && !value.isNull() && !allowed && !blank(value)) {
        errors.add(FieldError.forbidden(path + "." + field, "must be empty to be structural"));
      }
    }
    if (schema.hasNonNull("additionalProperties")) {
      errors.add(
          FieldError.forbidden(
              path + ".additionalProperties", "must be undefined to be structural"));
    }
    pattern(schema, path);
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      JsonNode counterpart = around.path("properties").path(property.getKey());
      if (counterpart.isMissingNode() && around.path("additionalProperties").isObject()) {
        counterpart = around.path("additionalProperties");
      }
      if (counterpart.isMissingNode()) {
        errors.add(
            FieldError.required(
                outerPath(path) + ".properties[" + property.getKey() + "]",
                "because it is defined in " + path + ".properties[" + property.getKey() + "]"));
      } else {
        inside(
            property.getValue(),
            counterpart,
            path + ".properties[" + property.getKey() + "]",
            counterpart.path(PREFIX + "int-or-string").asBoolean());
      }
    }
    JsonNode items = schema.path("items");
    if (items.isObject()) {
      if (around.path("items").isObject()) {
        inside(items, around.path("items"), path + ".items", false);
      } else {
        errors.add(
            FieldError.required(
                outerPath(path) + ".items", "because it is defined in " + path + ".items"));
      }
    }
    values(schema, around, path, false);
  }

  private static boolean blank(JsonNode value) {
    return (value.isBoolean() && !value.booleanValue())
        || (value.isTextual() && value.textValue().isEmpty())
        || (value.isArray() && value.isEmpty());
  }

  /** The path without the value rules that lead to it. */
  private static String outerPath(String path) {
    return path.replaceAll("\\.(allOf|anyOf|oneOf)\\[\\d+\\]", "").replace(".not", "");
  }

  private void lists(JsonNode schema, String path) {
    String type = schema.path(PREFIX + "list-type").asText("");
    String at = path + "." + PREFIX + "list-type";
    if (!type.isEmpty() && !schema.path("type").asText().equals("array")) {
      errors.add(
          FieldError.invalid(
              path + ".type",
              schema.path("type").asText(),
              "must be array if x-kubernetes-list-type is " + type));
    }
    JsonNode keys = schema.path(PREFIX + "list-map-keys");
    switch (type) {
      case "", "atomic" -> {}
      case "set" -> {}
      case "map" -> mapKeys(schema, keys, path);
      default -> errors.add(FieldError.notSupported(at, type, List.of("atomic", "map", "set")));
    }
    if (!type.equals("map") && !keys.isEmpty()) {
      errors.add(
          FieldError.forbidden(
              path + "." + PREFIX + "list-map-keys",
              "must not be set if x-kubernetes-list-type is not map"));
    }
    String map = schema.path(PREFIX + "map-type").asText("");
    if (!map.isEmpty() && !map.equals("atomic") && !map.equals("granular")) {
      errors.add(
          FieldError.notSupported(
              path + "." + PREFIX + "map-type", map, List.of("atomic", "granular")));
    }
  }

  private void mapKeys(JsonNode schema, JsonNode keys, String path) {
    if (keys.isEmpty()) {
      errors.add(
          FieldError.required(
              path + "." + PREFIX + "list-map-keys",
              "must not be empty if x-kubernetes-list-type is map"));
    }
    JsonNode items = schema.path("items");
    if (!items.path("type").asText().equals("object")) {
      errors.add(
          FieldError.invalid(
              path + ".items.type",
              items.path("type").asText(),
              "must be object if parent array's x-kubernetes-list-type is map"));
    }
    List<String> required = new ArrayList<>();
    items.path("required").forEach(name -> required.add(name.asText()));
    for (int i = 0; i < keys.size(); i++) {
      String key = keys.get(i).asText();
      JsonNode property = items.path("properties").path(key);
      if (property.isMissingNode()) {
        errors.add(
            FieldError.invalidRaw(
                path + "." + PREFIX + "list-map-keys",
                keys.toString(),
                "entries must all be names of item properties"));
      } else if (!required.contains(key) && !property.has("default")) {
        errors.add(
            FieldError.required(
                path + ".items.properties[" + key + "].default",
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a"
                    + " required property"));
      }
    }
  }

  /** The metadata of objects is Kubernetes' own: a schema may only narrow its name. */
  private void metadata(JsonNode schema, Level level, String path) {
    if (level != Level.ROOT && !schema.path(PREFIX + "embedded-resource").asBoolean()) {
      return;
    }
    JsonNode properties = schema.path("properties");
    for (String name : List.of("kind", "apiVersion")) {
      String type = properties.path(name).path("type").asText("");
      if (properties.has(name) && !type.equals("string")) {
        errors.add(
            FieldError.invalid(path + ".properties[" + name + "].type", type, "must be string"));
      }
    }
    JsonNode metadata = properties.path("metadata");
    String at = path + ".properties[metadata]";
    if (metadata.isObject() && !metadata.path("type").asText().equals("object")) {
      errors.add(
          FieldError.invalid(at + ".type", metadata.path("type").asText(), "must be object"));
    }
    for (Map.Entry<String, JsonNode> field : metadata.path("properties").properties()) {
      if (!field.getKey().equals("name") && !field.getKey().equals("generateName")) {
        errors.add(
            FieldError.forbidden(
                at + ".properties[" + field.getKey() + "]",
                "must not specify anything other than name and generateName, but metadata is"
                    + " implicitly specified"));
      }
    }
  }

  /** Defaults must be what the schema leaves of them, and valid. */
  private void defaults(JsonNode schema, String path) {
    JsonNode value = schema.get("default");
    if (value != null && !value.isNull()) {
      Structural structural = Structural.of(schema);
      JsonNode pruned = value.deepCopy();
      if (pruned instanceof ObjectNode object && !Pruning.unknown(structural, object).isEmpty()) {
        errors.add(
            FieldError.invalidRaw(
                path + ".default", value.toString(), "must not have unknown fields"));
      }
      Defaulting.apply(structural, pruned);
      errors.addAll(ValueRules.check(structural, pruned, path + ".default"));
    }
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      defaults(property.getValue(), path + ".properties[" + property.getKey() + "]");
    }
    if (schema.path("items").isObject()) {
      defaults(schema.path("items"), path + ".items");
    }
    if (schema.path("additionalProperties").isObject()) {
      defaults(schema.path("additionalProperties"), path + ".additionalProperties");
    }
  }
}
