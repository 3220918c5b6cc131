package io.berth.apiserver.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Makes paths and definitions of OpenAPI 2 ones of OpenAPI 3, for servers that write no other.
 * Pure; what is given stays as it is.
 */
final class SwaggerUpgrade {
  private static final String OLD = "#/definitions/";
  private static final String NEW = "#/components/schemas/";

  /** What of a parameter is not of its schema. */
  private static final Set<String> OF_PARAMETER = Set.of("name", "in", "description", "required");

  private static final Set<String> METHODS =
      Set.of("get", "put", "post", "delete", "options", "head", "patch");

  private SwaggerUpgrade() {}

  /**
   * @param part {@code paths} and {@code definitions}
   * @param document gets {@code paths} and {@code components}
   */
  static void into(ObjectNode document, ObjectNode part) {
    ObjectNode paths = document.putObject("paths");
    part.path("paths")
        .properties()
        .forEach(path -> paths.set(path.getKey(), path(path.getValue())));
    ObjectNode schemas = document.putObject("components").putObject("schemas");
    part.path("definitions")
        .properties()
        .forEach(schema -> schemas.set(schema.getKey(), schema(schema.getValue())));
  }

  private static ObjectNode path(JsonNode old) {
    ObjectNode path = Json.object();
    old.properties()
        .forEach(
            entry -> {
              switch (entry.getKey()) {
                case "parameters" -> path.set("parameters", parameters(entry.getValue()));
                case String method when METHODS.contains(method) ->
                    path.set(method, operation(entry.getValue(), old.path("parameters")));
                default -> path.set(entry.getKey(), entry.getValue());
              }
            });
    return path;
  }

  private static ObjectNode operation(JsonNode old, JsonNode shared) {
    ObjectNode operation = Json.object();
    old.properties()
        .forEach(
            entry -> {
              switch (entry.getKey()) {
                case "consumes", "produces", "schemes" -> {}
                case "parameters" -> operation.set("parameters", parameters(entry.getValue()));
                case "responses" ->
                    operation.set("responses", responses(entry.getValue(), old.path("produces")));
                default -> operation.set(entry.getKey(), entry.getValue());
              }
            });
    for (JsonNode list : List.of(shared, old.path("parameters"))) {
      for (JsonNode parameter : list) {
        if (isBody(parameter)) {
          operation.set("requestBody", body(parameter, old.path("consumes")));
        }
      }
    }
    return operation;
  }

  private static boolean isBody(JsonNode parameter) {
    return parameter.path("in").asText().equals("body");
  }

  private static ArrayNode parameters(JsonNode old) {
    ArrayNode parameters = Json.mapper().createArrayNode();
    for (JsonNode parameter : old) {
      if (isBody(parameter)) {
        continue;
      }
      ObjectNode made = parameters.addObject();
      ObjectNode type = Json.object();
      parameter
          .properties()
          .forEach(
              entry -> {
                String name = entry.getKey();
                if (OF_PARAMETER.contains(name) || name.startsWith("x-")) {
                  made.set(name, entry.getValue());
                } else if (!name.equals("collectionFormat")) {
                  type.set(name, schema(entry.getValue()));
                }
              });
      made.set("schema", type);
    }
    return parameters;
  }

  private static ObjectNode body(JsonNode parameter, JsonNode types) {
    ObjectNode body = Json.object();
    for (String field : List.of("description", "required")) {
      if (parameter.has(field)) {
        body.set(field, parameter.get(field));
      }
    }
    body.set("content", content(parameter.path("schema"), types));
    return body;
  }

  private static ObjectNode responses(JsonNode old, JsonNode types) {
    ObjectNode responses = Json.object();
    old.properties()
        .forEach(
            entry -> {
              ObjectNode response = responses.putObject(entry.getKey());
              response.put("description", entry.getValue().path("description").asText(""));
              if (entry.getValue().has("schema")) {
                response.set("content", content(entry.getValue().path("schema"), types));
              }
            });
    return responses;
  }

  private static ObjectNode content(JsonNode schema, JsonNode types) {
    List<String> named = new ArrayList<>();
    types.forEach(type -> named.add(type.asText()));
    ObjectNode content = Json.object();
    for (String type : named.isEmpty() ? List.of("*/*") : named) {
      content.putObject(type).set("schema", schema(schema));
    }
    return content;
  }

  /** The same with references to where schemas are now. */
  private static JsonNode schema(JsonNode old) {
    if (old.isArray()) {
      ArrayNode all = Json.mapper().createArrayNode();
      old.forEach(item -> all.add(schema(item)));
      return all;
    }
    if (!old.isObject()) {
      return old;
    }
    ObjectNode schema = Json.object();
    old.properties()
        .forEach(
            entry -> {
              JsonNode value = entry.getValue();
              boolean reference = entry.getKey().equals("$ref") && value.asText().startsWith(OLD);
              if (reference) {
                schema.put("$ref", NEW + value.asText().substring(OLD.length()));
              } else {
                schema.set(entry.getKey(), schema(value));
              }
            });
    return schema;
  }
}
