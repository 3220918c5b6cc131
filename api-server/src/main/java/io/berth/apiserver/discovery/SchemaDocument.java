package io.berth.apiserver.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.Schema;
import io.berth.api.schema.Schemas;
import io.berth.api.schema.TypeRef;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;

/** Writes types as JSON schemas, with the extensions that tell how lists are merged. */
final class SchemaDocument {
  private final String refPrefix;
  private final boolean v2;
  private final Map<String, ObjectNode> written = new TreeMap<>();
  private final Deque<Schema.ObjectType> toWrite = new ArrayDeque<>();

  /**
   * @param refPrefix where schemas lie in the document: {@code #/components/schemas/}
   * @param v2 whether it is of OpenAPI 2, which knows less
   */
  SchemaDocument(String refPrefix, boolean v2) {
    this.refPrefix = refPrefix;
    this.v2 = v2;
  }

  /** Adds a resource's object and list, and all that they refer to. */
  void add(ResourceDefinition resource) {
    ObjectNode reference;
    if (resource.schema() instanceof TypeRef.Custom custom) {
      ObjectNode schema = CustomSchemas.object(custom.document(), this, v2);
      gvk(schema, SubresourceKinds.Gvk.of(resource));
      written.put(CustomSchemas.name(resource), schema);
      reference = Json.object().put("$ref", refPrefix + CustomSchemas.name(resource));
    } else {
      Schema.ObjectType type = Schemas.forResource(resource);
      reference = reference(type);
      writeAll();
      gvk(object(type), SubresourceKinds.Gvk.of(resource));
    }
    String list = name(resource) + "List";
    ObjectNode schema = Json.object().put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    properties.putObject("apiVersion").put("type", "string");
    properties.putObject("kind").put("type", "string");
    properties.putObject("items").put("type", "array").set("items", reference);
    properties.set("metadata", reference("meta.v1.ListMeta"));
    schema.putArray("required").add("items");
    gvk(
        schema,
        new SubresourceKinds.Gvk(resource.group(), resource.version(), resource.kind() + "List"));
    written.put(list, schema);
    writeAll();
  }

  /** All schemas by published name. */
  ObjectNode schemas() {
    ObjectNode schemas = Json.object();
    written.forEach(schemas::set);
    return schemas;
  }

  /** A reference to a type of the tables, which is written as well. */
  ObjectNode reference(String name) {
    return Schemas.find(name)
        .map(this::reference)
        .orElseGet(() -> Json.object().put("type", "object"));
  }

  ObjectNode reference(ResourceDefinition resource) {
    return Json.object().put("$ref", refPrefix + name(resource));
  }

  ObjectNode listReference(ResourceDefinition resource) {
    return Json.object().put("$ref", refPrefix + name(resource) + "List");
  }

  private static String name(ResourceDefinition resource) {
    return resource.schema() instanceof TypeRef.Custom
        ? CustomSchemas.name(resource)
        : published(Schemas.forResource(resource).name());
  }

  static void gvk(ObjectNode schema, SubresourceKinds.Gvk kind) {
    ArrayNode kinds = schema.withArrayProperty("x-kubernetes-group-version-kind");
    kinds
        .addObject()
        .put("group", kind.group())
        .put("kind", kind.kind())
        .put("version", kind.version());
  }

  private ObjectNode reference(Schema.ObjectType type) {
    String name = published(type.name());
    if (!written.containsKey(name)) {
      written.put(name, Json.object());
      toWrite.add(type);
    }
    return Json.object().put("$ref", refPrefix + name);
  }

  private ObjectNode object(Schema.ObjectType type) {
    return written.computeIfAbsent(published(type.name()), name -> Json.object());
  }

  private static String published(String name) {
    return (name.startsWith("meta.") ? "io.k8s.apimachinery.pkg.apis." : "io.k8s.api.") + name;
  }

  private void writeAll() {
    Schema.ObjectType type;
    while ((type = toWrite.poll()) != null) {
      write(type, object(type));
    }
  }

  private void write(Schema.ObjectType type, ObjectNode schema) {
    schema.put("type", "object");
    if (type.atomic()) {
      schema.put("x-kubernetes-map-type", "atomic");
    }
    ObjectNode properties = Json.object();
    ArrayNode required = Json.mapper().createArrayNode();
    for (Schema.Field field : type.fields().values()) {
      properties.set(field.name(), field(field));
      if (field.required()) {
        required.add(field.name());
      }
    }
    if (!required.isEmpty()) {
      schema.set("required", required);
    }
    schema.set("properties", properties);
  }

  private ObjectNode field(Schema.Field field) {
    ObjectNode schema = schema(field.type());
    if (!v2 && schema.has("$ref")) {
      // A reference stands alone: what is said of the field stands around it. Clients of OpenAPI 2
      // follow a reference only where it stands in the field itself.
      ObjectNode around = Json.object();
      around.putArray("allOf").add(schema);
      schema = around;
    }
    if (field.atomic() && !(field.type() instanceof Schema.ListOf)) {
      schema.put("x-kubernetes-map-type", "atomic");
    }
    Schema.PatchStrategy patch = field.patch();
    if (!patch.text().isEmpty()) {
      schema.put("x-kubernetes-patch-strategy", patch.text());
    }
    if (patch.mergeKey() != null) {
      schema.put("x-kubernetes-patch-merge-key", patch.mergeKey());
    }
    if (field.defaultValue() != null) {
      schema.set("default", field.defaultValue());
    }
    return schema;
  }

  private ObjectNode schema(Schema type) {
    return switch (type) {
      case Schema.ObjectType object -> reference(object);
      case Schema.MapOf map -> {
        ObjectNode schema = Json.object().put("type", "object");
        schema.set("additionalProperties", schema(map.values()));
        yield schema;
      }
      case Schema.ListOf list -> list(list);
      case Schema.Scalar scalar -> scalar(scalar);
    };
  }

  private ObjectNode list(Schema.ListOf list) {
    ObjectNode schema = Json.object().put("type", "array");
    schema.set("items", schema(list.items()));
    switch (list.type()) {
      case ATOMIC -> schema.put("x-kubernetes-list-type", "atomic");
      case SET -> schema.put("x-kubernetes-list-type", "set");
      case MAP -> {
        schema.put("x-kubernetes-list-type", "map");
        ArrayNode keys = schema.putArray("x-kubernetes-list-map-keys");
        list.keys().forEach(keys::add);
      }
    }
    return schema;
  }

  private static ObjectNode scalar(Schema.Scalar scalar) {
    return switch (scalar) {
      case STRING -> type("string");
      case BOOLEAN -> type("boolean");
      case INT32 -> type("integer").put("format", "int32");
      case INT64 -> type("integer").put("format", "int64");
      case DOUBLE -> type("number").put("format", "double");
      case BYTES -> type("string").put("format", "byte");
      case QUANTITY -> type("string");
      case TIME, MICRO_TIME -> type("string").put("format", "date-time");
      case INT_OR_STRING -> type("string").put("format", "int-or-string");
      case ANY, OPEN -> type("object");
    };
  }

  private static ObjectNode type(String type) {
    return Json.object().put("type", type);
  }
}
