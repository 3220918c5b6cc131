package io.berth.client;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts lists and watch events into objects without building trees: one streaming pass finds where
 * each object begins and ends, and its bytes are copied out.
 */
final class ObjectStream {
  /** One page of a list. */
  record Page(List<ApiObject> items, String resourceVersion, String continueToken) {}

  /** A watch event's type and the bytes of its object. */
  record Frame(String type, byte[] object) {}

  private ObjectStream() {}

  static ApiObject object(ResourceDefinition resource, byte[] json) {
    return Headers.object(resource, json);
  }

  static Page page(ResourceDefinition resource, byte[] json) {
    List<ApiObject> items = new ArrayList<>();
    String version = "";
    String next = "";
    try (JsonParser parser = Json.trustedParser(json)) {
      expect(parser.nextToken(), JsonToken.START_OBJECT);
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equals("metadata") && value == JsonToken.START_OBJECT) {
          while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
              case "resourceVersion" -> version = parser.getText();
              case "continue" -> next = parser.getText();
              default -> parser.skipChildren();
            }
          }
        } else if (field.equals("items") && value == JsonToken.START_ARRAY) {
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(object(resource, value(parser, json)));
          }
        } else {
          parser.skipChildren();
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("not a list: " + e.getMessage(), e);
    }
    return new Page(items, version, next);
  }

  static Frame frame(byte[] json) {
    String type = "";
    byte[] object = new byte[0];
    try (JsonParser parser = Json.trustedParser(json)) {
      expect(parser.nextToken(), JsonToken.START_OBJECT);
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        parser.nextToken();
        switch (field) {
          case "type" -> type = parser.getText();
          case "object" -> object = value(parser, json);
          default -> parser.skipChildren();
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("not a watch event: " + e.getMessage(), e);
    }
    return new Frame(type, object);
  }

  /** The bytes of the object that the parser stands at; leaves it at the object's end. */
  private static byte[] value(JsonParser parser, byte[] json) throws IOException {
    expect(parser.currentToken(), JsonToken.START_OBJECT);
    int from = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
    parser.skipChildren();
    int to = Math.toIntExact(parser.currentLocation().getByteOffset());
    return Arrays.copyOfRange(json, from, to);
  }

  private static void expect(JsonToken actual, JsonToken expected) {
    if (actual != expected) {
      throw new IllegalArgumentException("expected " + expected + ", found " + actual);
    }
  }
}
