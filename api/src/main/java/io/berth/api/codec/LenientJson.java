package io.berth.api.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads JSON in which names come several times: the last one counts, each is told of. */
final class LenientJson {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(Json.MAX_DEPTH)
                  .maxStringLength(8 << 20)
                  .build())
          .recyclerPool(JsonRecyclerPools.sharedBoundedPool())
          .build();

  private static final ObjectReader SCALARS =
      Json.mapper().reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final List<String> duplicates = new ArrayList<>();

  private LenientJson() {}

  /**
   * @throws IllegalArgumentException the bytes are not one JSON value
   */
  static Json.Lenient read(byte[] json) {
    LenientJson reader = new LenientJson();
    try (JsonParser parser = FACTORY.createParser(json)) {
      parser.nextToken();
      JsonNode value = reader.value(parser, "");
      if (parser.nextToken() != null) {
        throw new IllegalArgumentException("text after the JSON value");
      }
      return new Json.Lenient(value, reader.duplicates);
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private JsonNode value(JsonParser parser, String path) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      return object(parser, path);
    }
    if (token == JsonToken.START_ARRAY) {
      ArrayNode items = JsonNodeFactory.instance.arrayNode();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        items.add(value(parser, path + "[" + items.size() + "]"));
      }
      return items;
    }
    if (token == null) {
      throw new IllegalArgumentException("unexpected end of JSON input");
    }
    return SCALARS.readTree(parser);
  }

  private ObjectNode object(JsonParser parser, String path) throws IOException {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      String at = path.isEmpty() ? name : path + "." + name;
      if (object.has(name)) {
        duplicates.add("duplicate field \"" + at + "\"");
        object.remove(name); // its place is where it came last
      }
      object.set(name, value(parser, at));
    }
    return object;
  }
}
