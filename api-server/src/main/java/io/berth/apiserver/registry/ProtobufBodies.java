package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiException;
import io.berth.apiserver.registry.ProtobufTypes.Field;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads objects in protobuf, the form in which Go's typed clients, {@code kubectl create} among
 * them, send what they make: every kind that Kubernetes itself has. Answers are JSON all the same:
 * those clients take it.
 */
final class ProtobufBodies {
  static final String MEDIA_TYPE = "application/vnd.kubernetes.protobuf";

  private static final byte[] MAGIC = {'k', '8', 's', 0};
  private static final int MAX_DEPTH = 64;
  private static final String INLINE = "inline:";
  private static final String SCHEMA = "apiextensions.v1.JSONSchemaProps";
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private ProtobufBodies() {}

  /**
   * @throws IllegalArgumentException the bytes are no such object
   * @throws ApiException 415 where the kind is not known in this form
   */
  static JsonNode read(byte[] body) {
    if (body.length < MAGIC.length || !Arrays.equals(Arrays.copyOf(body, MAGIC.length), MAGIC)) {
      throw new IllegalArgumentException("the body does not begin as protobuf objects do");
    }
    try {
      return envelope(CodedInputStream.newInstance(body, MAGIC.length, body.length - MAGIC.length));
    } catch (IOException e) {
      throw new IllegalArgumentException("malformed protobuf: " + e.getMessage(), e);
    }
  }

  /** Apiversion and kind, and the object's own bytes. */
  private static JsonNode envelope(CodedInputStream in) throws IOException {
    String apiVersion = "";
    String kind = "";
    ByteString raw = ByteString.EMPTY;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> {
          CodedInputStream type = in.readBytes().newCodedInput();
          for (int inner = type.readTag(); inner != 0; inner = type.readTag()) {
            if (WireFormat.getTagFieldNumber(inner) == 1) {
              apiVersion = type.readString();
            } else {
              kind = type.readString();
            }
          }
        }
        case 2 -> raw = in.readBytes();
        default -> in.skipField(tag);
      }
    }
    String type = type(apiVersion, kind);
    if (ProtobufTypes.fields(type) == null) {
      throw new ApiException(
          415,
          "UnsupportedMediaType",
          "NotSupported: objects of kind " + kind + " in protobuf; send application/json");
    }
    ObjectNode object = Json.object().put("kind", kind).put("apiVersion", apiVersion);
    fill(object, type, raw, 0);
    return object;
  }

  /** As the table names types: {@code core.v1.Pod}, {@code rbac.v1.Role}. */
  private static String type(String apiVersion, String kind) {
    if (kind.equals("DeleteOptions")) {
      return "meta.v1.DeleteOptions"; // sent in whatever group the object is of
    }
    int slash = apiVersion.indexOf('/');
    String group = slash < 0 ? "core" : apiVersion.substring(0, slash);
    int dot = group.indexOf('.');
    String first = dot < 0 ? group : group.substring(0, dot);
    return first + "." + apiVersion.substring(slash + 1) + "." + kind;
  }

  private static ObjectNode message(String type, ByteString bytes, int depth) throws IOException {
    ObjectNode object = Json.object();
    fill(object, type, bytes, depth);
    return object;
  }

  /** Fields of no known number are of a newer client's, and left out as Kubernetes does. */
  private static void fill(ObjectNode object, String type, ByteString bytes, int depth)
      throws IOException {
    Map<Integer, Field> fields = ProtobufTypes.fields(type);
    if (fields == null) {
      throw new IllegalStateException("the table of types has no " + type);
    }
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("protobuf nested too deeply");
    }
    CodedInputStream in = bytes.newCodedInput();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      Field field = fields.get(WireFormat.getTagFieldNumber(tag));
      if (field == null) {
        in.skipField(tag);
      } else if (field.form().startsWith(INLINE)) {
        fill(object, field.form().substring(INLINE.length()), in.readBytes(), depth + 1);
      } else if (field.map()) {
        JsonNode map = object.path(field.name());
        entry(
            map instanceof ObjectNode known ? known : object.putObject(field.name()),
            field,
            in.readBytes(),
            depth);
      } else {
        add(object, field, value(field, in, depth));
      }
    }
  }

  private static void add(ObjectNode object, Field field, JsonNode value) {
    if (field.list()) {
      JsonNode list = object.path(field.name());
      ArrayNode known = list instanceof ArrayNode array ? array : object.putArray(field.name());
      known.add(value);
    } else if (field.kept() || !empty(value)) {
      object.set(field.name(), value);
    }
  }

  private static boolean empty(JsonNode value) {
    return (value.isContainerNode() || value.isNull())
        ? value.isEmpty()
        : value.isTextual()
            ? value.asText().isEmpty()
            : value.isBoolean() ? !value.asBoolean() : value.asLong() == 0;
  }

  private static JsonNode value(Field field, CodedInputStream in, int depth) throws IOException {
    return switch (field.form()) {
      case "string" -> new TextNode(in.readString());
      case "int" -> LongNode.valueOf(in.readInt64());
      case "bool" -> BooleanNode.valueOf(in.readBool());
      case "double" -> DoubleNode.valueOf(in.readDouble());
      case "bytes" -> base64(in.readBytes());
      case "quantity" -> quantity(in.readBytes());
      case "port" -> port(in.readBytes());
      case "time" -> time(in.readBytes(), false);
      case "microtime" -> time(in.readBytes(), true);
      case "json" -> json(in.readBytes());
      case "strings" -> strings(in.readBytes());
      case "either" -> either(in.readBytes(), depth);
      default -> message(field.form(), in.readBytes(), depth + 1);
    };
  }

  /** Seconds and nanoseconds; nothing at all is no time. */
  private static JsonNode time(ByteString bytes, boolean micros) throws IOException {
    CodedInputStream in = bytes.newCodedInput();
    long seconds = 0;
    int nanos = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> seconds = in.readInt64();
        case 2 -> nanos = in.readInt32();
        default -> in.skipField(tag);
      }
    }
    if (bytes.isEmpty()) {
      return NullNode.instance;
    }
    try {
      Instant at = Instant.ofEpochSecond(seconds, nanos);
      return new TextNode(micros ? MICROS.format(at) : SECONDS.format(at));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("a time out of range", e);
    }
  }

  /** A document as text in the first field. */
  private static JsonNode json(ByteString bytes) throws IOException {
    CodedInputStream in = bytes.newCodedInput();
    JsonNode document = NullNode.instance;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == 1) {
        document = Json.parse(in.readByteArray());
      } else {
        in.skipField(tag);
      }
    }
    return document;
  }

  private static JsonNode strings(ByteString bytes) throws IOException {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    CodedInputStream in = bytes.newCodedInput();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      list.add(in.readString());
    }
    return list;
  }

  /** A schema, or a flag in its place. */
  private static JsonNode either(ByteString bytes, int depth) throws IOException {
    CodedInputStream in = bytes.newCodedInput();
    JsonNode schema = null;
    boolean flag = false;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_VARINT) {
        flag = in.readBool();
      } else {
        schema = message(SCHEMA, in.readBytes(), depth + 1);
      }
    }
    return schema == null ? BooleanNode.valueOf(flag) : schema;
  }

  private static void entry(ObjectNode map, Field field, ByteString bytes, int depth)
      throws IOException {
    CodedInputStream in = bytes.newCodedInput();
    String key = "";
    JsonNode value = null;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == 1) {
        key = in.readString();
      } else {
        value = value(field, in, depth);
      }
    }
    map.set(key, value == null ? new TextNode("") : value);
  }

  private static JsonNode base64(ByteString bytes) {
    return new TextNode(Base64.getEncoder().encodeToString(bytes.toByteArray()));
  }

  private static JsonNode quantity(ByteString bytes) throws IOException {
    String text = text(bytes, 1);
    return new TextNode(text == null ? "0" : text);
  }

  private static @Nullable String text(ByteString bytes, int number) throws IOException {
    CodedInputStream in = bytes.newCodedInput();
    String text = null;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == number) {
        text = in.readString();
      } else {
        in.skipField(tag);
      }
    }
    return text;
  }

  /** A number, or a name where the first field says so. */
  private static JsonNode port(ByteString bytes) throws IOException {
    CodedInputStream in = bytes.newCodedInput();
    boolean named = false;
    int number = 0;
    String name = "";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> named = in.readInt64() == 1;
        case 2 -> number = in.readInt32();
        case 3 -> name = in.readString();
        default -> in.skipField(tag);
      }
    }
    return named ? new TextNode(name) : IntNode.valueOf(number);
  }
}
