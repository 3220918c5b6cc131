package io.berth.apiserver.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An OpenAPI 2 document as a protobuf message, the form that client-go asks for first and older
 * clients ask for alone. The message is {@code openapi.v2.Document} of gnostic's {@code
 * OpenAPIv2.proto}; written is what API servers use of it: the parts of the document that others
 * contribute may be of forms that {@link OpenApi} itself never writes.
 */
final class SwaggerProtobuf {
  static final String MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

  /** The same under the name that it had when clients began to ask for it. */
  static final String OLD_MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

  private static final String REFERENCE = "$ref";

  private static final Map<String, Integer> SCHEMA =
      Map.ofEntries(
          Map.entry(REFERENCE, 1),
          Map.entry("format", 2),
          Map.entry("title", 3),
          Map.entry("description", 4),
          Map.entry("multipleOf", 6),
          Map.entry("maximum", 7),
          Map.entry("exclusiveMaximum", 8),
          Map.entry("minimum", 9),
          Map.entry("exclusiveMinimum", 10),
          Map.entry("maxLength", 11),
          Map.entry("minLength", 12),
          Map.entry("pattern", 13),
          Map.entry("maxItems", 14),
          Map.entry("minItems", 15),
          Map.entry("uniqueItems", 16),
          Map.entry("maxProperties", 17),
          Map.entry("minProperties", 18),
          Map.entry("required", 19));

  private static final Map<String, Integer> INFO = Map.of("title", 1, "version", 2);

  private static final Map<String, Integer> METHODS =
      Map.of("get", 2, "put", 3, "post", 4, "delete", 5, "options", 6, "head", 7, "patch", 8);

  private static final Map<String, Integer> OPERATION =
      Map.of("tags", 1, "description", 3, "operationId", 5, "produces", 6, "consumes", 7);

  private static final Map<String, Integer> BODY_PARAMETER =
      Map.of("description", 1, "name", 2, "in", 3, "required", 4);

  /** Of a form's parameter too. */
  private static final Map<String, Integer> QUERY_PARAMETER =
      Map.of("required", 1, "in", 2, "description", 3, "name", 4, "type", 6, "uniqueItems", 20);

  /** Of a header too. */
  private static final Map<String, Integer> PATH_PARAMETER =
      Map.of("required", 1, "in", 2, "description", 3, "name", 4, "type", 5, "uniqueItems", 19);

  /** Numbers that are of type double, whole or not. */
  private static final Set<String> DOUBLES = Set.of("multipleOf", "maximum", "minimum");

  private SwaggerProtobuf() {}

  static byte[] write(ObjectNode document) {
    Message message = new Message();
    message.text(1, document.path("swagger").asText());
    message.message(2, new Message().fields(document.path("info"), INFO));
    Message paths = new Message();
    document.path("paths").properties().forEach(p -> paths.named(2, p, path(p.getValue())));
    message.message(8, paths);
    message.message(9, schemas(document.path("definitions")));
    Message parameters = new Message();
    document
        .path("parameters")
        .properties()
        .forEach(p -> known(p.getValue()).ifPresent(known -> parameters.named(1, p, known)));
    message.message(10, parameters);
    return message.bytes();
  }

  private static Message path(JsonNode path) {
    Message message = new Message();
    for (var field : path.properties()) {
      Integer method = METHODS.get(field.getKey());
      if (method != null) {
        message.message(method, operation(field.getValue()));
      }
    }
    parameters(message, 9, path);
    return message;
  }

  private static Message operation(JsonNode operation) {
    Message message = new Message().fields(operation, OPERATION);
    parameters(message, 8, operation);
    Message responses = new Message();
    for (var response : operation.path("responses").properties()) {
      if (response.getValue().has(REFERENCE)) {
        responses.named(1, response, reference(response.getValue()));
        continue;
      }
      Message answer = new Message().fields(response.getValue(), Map.of("description", 1));
      if (response.getValue().has("schema")) {
        answer.message(2, new Message().message(1, schema(response.getValue().get("schema"))));
      }
      responses.named(1, response, new Message().message(1, answer));
    }
    return message.message(9, responses).extensions(13, operation);
  }

  private static void parameters(Message message, int place, JsonNode owner) {
    for (JsonNode parameter : owner.path("parameters")) {
      if (parameter.has(REFERENCE)) {
        message.message(place, reference(parameter));
      } else {
        known(parameter)
            .ifPresent(known -> message.message(place, new Message().message(1, known)));
      }
    }
  }

  /** A reference where else a value of its own stands. */
  private static Message reference(JsonNode value) {
    return new Message().message(2, new Message().text(1, value.path(REFERENCE).asText()));
  }

  /** Empty for one that is in no place that there is. */
  private static Optional<Message> known(JsonNode parameter) {
    return switch (parameter.path("in").asText()) {
      case "body" ->
          Optional.of(
              new Message()
                  .message(
                      1,
                      new Message()
                          .fields(parameter, BODY_PARAMETER)
                          .message(5, schema(parameter.path("schema")))));
      case "header" -> Optional.of(other(1, new Message().fields(parameter, PATH_PARAMETER)));
      case "formData" -> Optional.of(other(2, new Message().fields(parameter, QUERY_PARAMETER)));
      case "query" -> Optional.of(other(3, new Message().fields(parameter, QUERY_PARAMETER)));
      case "path" -> Optional.of(other(4, new Message().fields(parameter, PATH_PARAMETER)));
      default -> Optional.empty();
    };
  }

  private static Message other(int place, Message parameter) {
    return new Message().message(2, new Message().message(place, parameter));
  }

  private static Message schemas(JsonNode schemas) {
    Message message = new Message();
    schemas.properties().forEach(each -> message.named(1, each, schema(each.getValue())));
    return message;
  }

  private static Message schema(JsonNode schema) {
    Message message = new Message().fields(schema, SCHEMA);
    if (schema.has("default")) {
      message.message(5, any(schema.get("default")));
    }
    schema.path("enum").forEach(value -> message.message(20, any(value)));
    JsonNode additional = schema.path("additionalProperties");
    if (additional.isObject()) {
      message.message(21, new Message().message(1, schema(additional)));
    } else if (additional.isBoolean()) {
      message.message(21, new Message().value(2, additional, false));
    }
    if (schema.has("type")) {
      message.message(22, new Message().value(1, schema.get("type"), false));
    }
    JsonNode items = schema.path("items");
    if (!items.isMissingNode()) {
      Message each = new Message();
      (items.isArray() ? items : List.of(items)).forEach(item -> each.message(1, schema(item)));
      message.message(23, each);
    }
    schema.path("allOf").forEach(each -> message.message(24, schema(each)));
    if (schema.has("properties")) {
      message.message(25, schemas(schema.get("properties")));
    }
    return message.extensions(31, schema);
  }

  /** A value of any form, which travels as YAML; JSON is that. */
  private static Message any(JsonNode value) {
    return new Message().text(2, value.toString());
  }

  /** A message as it is written. */
  private static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CodedOutputStream out = CodedOutputStream.newInstance(bytes, 256);

    private interface Write {
      void to(CodedOutputStream out) throws IOException;
    }

    private Message write(Write write) {
      try {
        write.to(out);
      } catch (IOException e) {
        throw new UncheckedIOException("bytes in memory take what is written", e);
      }
      return this;
    }

    byte[] bytes() {
      write(CodedOutputStream::flush);
      return bytes.toByteArray();
    }

    Message text(int place, String text) {
      return write(o -> o.writeString(place, text));
    }

    Message message(int place, Message message) {
      return write(o -> o.writeByteArray(place, message.bytes()));
    }

    /** An entry of a map, which is a message of a name and a value. */
    Message named(int place, Map.Entry<String, JsonNode> entry, Message value) {
      return message(place, new Message().text(1, entry.getKey()).message(2, value));
    }

    /** The fields that are texts, numbers, flags or lists of texts. */
    Message fields(JsonNode object, Map<String, Integer> places) {
      for (var field : object.properties()) {
        Integer place = places.get(field.getKey());
        if (place != null) {
          value(place, field.getValue(), DOUBLES.contains(field.getKey()));
        }
      }
      return this;
    }

    Message value(int place, JsonNode value, boolean isDouble) {
      if (value.isArray()) {
        value.forEach(item -> text(place, item.asText()));
        return this;
      }
      if (value.isBoolean()) {
        return write(o -> o.writeBool(place, value.booleanValue()));
      }
      if (isDouble) {
        return write(o -> o.writeDouble(place, value.doubleValue()));
      }
      return value.isNumber()
          ? write(o -> o.writeInt64(place, value.longValue()))
          : text(place, value.asText());
    }

    Message extensions(int place, JsonNode object) {
      for (var field : object.properties()) {
        if (field.getKey().startsWith("x-")) {
          named(place, field, any(field.getValue()));
        }
      }
      return this;
    }
  }
}
