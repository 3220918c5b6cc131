package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiException;
import io.berth.apiserver.registry.ProtobufTypes.Field;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads objects in protobuf, the form in which {@code kubectl create namespace} and its like send
 * what they make. Only the kinds and fields that those commands use are known; anything else is
 * refused by name, never dropped. Answers are JSON all the same: those clients take it.
 */
final class ProtobufBodies {
  static final String MEDIA_TYPE = "application/vnd.kubernetes.protobuf";

  private static final byte[] MAGIC = {'k', '8', 's', 0};
  private static final int MAX_DEPTH = 20;

  private ProtobufBodies() {}

  /**
   * @throws IllegalArgumentException the bytes are no such object
   * @throws ApiException 415 where the kind or a field is not known in this form
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
    ObjectNode object = Json.object().put("kind", kind).put("apiVersion", apiVersion);
    String versioned = apiVersion + "/" + kind; // where the versions of a kind differ
    String type = ProtobufTypes.fields(versioned) == null ? kind : versioned;
    object.setAll(message(type, raw, 0));
    return object;
  }

  private static ObjectNode message(String type, ByteString bytes, int depth) throws IOException {
    Map<Integer, Field> fields = ProtobufTypes.fields(type);
    if (fields == null) {
      throw notSupported("objects of kind " + type);
    }
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("protobuf nested too deeply");
    }
    ObjectNode object = Json.object();
    CodedInputStream in = bytes.newCodedInput();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      Field field = fields.get(WireFormat.getTagFieldNumber(tag));
      if (field == null) {
        throw notSupported("field " + WireFormat.getTagFieldNumber(tag) + " of " + type);
      }
      if (field.form().equals("ignored")) {
        in.skipField(tag);
      } else if (field.map()) {
        entry(object.withObject("/" + field.name()), field, in.readBytes());
      } else {
        add(object, field, value(field, in, depth));
      }
    }
    return object;
  }

  private static void add(ObjectNode object, Field field, JsonNode value) {
    if (field.name().equals("inline") && value instanceof ObjectNode fields) {
      object.setAll(fields);
    } else if (field.list()) {
      ArrayNode list = object.withArray(field.name());
      list.add(value);
    } else if (field.kept() || !empty(value)) {
      object.set(field.name(), value);
    }
  }

  private static boolean empty(JsonNode value) {
    return value.isContainerNode()
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
      case "bytes" -> base64(in.readBytes());
      case "quantity" -> quantity(in.readBytes());
      case "port" -> port(in.readBytes());
      case "strings" -> texts(in.readBytes());
      default -> message(field.form(), in.readBytes(), depth + 1);
    };
  }

  private static void entry(ObjectNode map, Field field, ByteString bytes) throws IOException {
    CodedInputStream in = bytes.newCodedInput();
    String key = "";
    JsonNode value = null;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == 1) {
        key = in.readString();
      } else {
        value = value(field, in, 0);
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

  /** A list that is a message, as maps need it. */
  private static JsonNode texts(ByteString bytes) throws IOException {
    CodedInputStream in = bytes.newCodedInput();
    ArrayNode texts = Json.object().putArray("items");
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      texts.add(in.readString());
    }
    return texts;
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

  private static ApiException notSupported(String what) {
    return new ApiException(
        415,
        "UnsupportedMediaType",
        "NotSupported: " + what + " in protobuf; send application/json");
  }
}
