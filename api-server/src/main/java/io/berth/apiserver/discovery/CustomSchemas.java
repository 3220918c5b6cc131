package io.berth.apiserver.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.ResourceDefinition;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Custom resources' own schemas, as documents show them. Pure. */
final class CustomSchemas {
  /** What OpenAPI 2 has no word for, or means otherwise. */
  private static final List<String> NOT_IN_V2 =
      List.of("nullable", "anyOf", "oneOf", "not", "allOf");

  private static final String API_VERSION =
      "APIVersion defines the versioned schema of this representation of an object.";
  private static final String KIND =
      "Kind is a string value representing the REST resource this object represents.";

  private CustomSchemas() {}

  /** {@code com.example.stable.v1.CronTab}: the group backwards, the version, the kind. */
  static String name(ResourceDefinition resource) {
    List<String> labels = Arrays.asList(resource.group().split("\\."));
    Collections.reverse(labels);
    return String.join(".", labels) + "." + resource.version() + "." + resource.kind();
  }

  /** The schema of the whole object. */
  static ObjectNode object(ObjectNode schema, SchemaDocument types, boolean v2) {
    ObjectNode object = schema.deepCopy();
    if (v2) {
      simplify(object);
    }
    object.put("type", "object");
    ObjectNode properties = object.withObject("/properties");
    described(properties, "apiVersion", API_VERSION);
    described(properties, "kind", KIND);
    ObjectNode metadata = properties.objectNode();
    metadata.putArray("allOf").add(types.reference("meta.v1.ObjectMeta"));
    properties.set("metadata", v2 ? types.reference("meta.v1.ObjectMeta") : metadata);
    return object;
  }

  private static void described(ObjectNode properties, String name, String description) {
    properties.putObject(name).put("type", "string").put("description", description);
  }

  /** Clients of OpenAPI 2 are to see less rather than to refuse what the server takes. */
  private static void simplify(JsonNode schema) {
    if (schema instanceof ArrayNode array) {
      array.forEach(CustomSchemas::simplify);
      return;
    }
    if (!(schema instanceof ObjectNode object)) {
      return;
    }
    boolean nullable = object.path("nullable").asBoolean();
    object.remove(NOT_IN_V2);
    if (nullable || object.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
      object.remove(List.of("type", "items", "properties", "required", "additionalProperties"));
    }
    if (object.path("x-kubernetes-int-or-string").asBoolean()) {
      object.remove("type");
    }
    object.path("properties").forEach(CustomSchemas::simplify);
    simplify(object.path("items"));
    simplify(object.path("additionalProperties"));
  }
}
