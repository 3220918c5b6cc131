package io.berth.api.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/**
 * JSON trees from bytes and back, keeping every field, explicit null, empty list and the digits of
 * numbers. Duplicate keys, trailing text and nesting beyond 200 levels are errors.
 */
public final class Json {
  /** Deeper documents are refused: no Kubernetes object comes near it. */
  public static final int MAX_DEPTH = 200;

  private static final ObjectMapper MAPPER = mapper(true);

  /** To look for names that come twice takes as long as the rest of reading. */
  private static final ObjectMapper TRUSTING = mapper(false);

  private Json() {}

  /**
   * @param strict whether names come once, and nothing after the value
   */
  private static ObjectMapper mapper(boolean strict) {
    return JsonMapper.builder(
            JsonFactory.builder()
                .streamReadConstraints(
                    StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxStringLength(8 << 20)
                        .build())
                // Buffers per thread would be lost with each virtual thread.
                .recyclerPool(JsonRecyclerPools.sharedBoundedPool())
                .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION, strict)
                .build())
        .configure(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, strict)
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
        .build();
  }

  /** The mapper, for streaming readers and writers. Must not be reconfigured. */
  public static ObjectMapper mapper() {
    return MAPPER;
  }

  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /**
   * @throws IllegalArgumentException the bytes are not one JSON value; the message says where
   */
  public static JsonNode parse(byte[] json) {
    return parse(MAPPER, json);
  }

  /**
   * The same for what an API server stores or answers: a name that comes twice is not looked for.
   */
  public static JsonNode parseTrusted(byte[] json) {
    return parse(TRUSTING, json);
  }

  /** A streaming reader of the same. */
  public static JsonParser trustedParser(byte[] json) throws IOException {
    return TRUSTING.createParser(json);
  }

  /**
   * An object as {@link #parseTrusted} reads it, without {@code metadata.managedFields}: these are
   * half of most objects, and few look at them.
   *
   * @throws IllegalArgumentException the bytes are not one JSON object
   */
  public static ObjectNode parseWithoutOwners(byte[] json) {
    try (JsonParser parser = TRUSTING.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException("not an object");
      }
      return withoutOwners(parser, "metadata");
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** Reads the object that the parser stands at; of its field of that name likewise. */
  private static ObjectNode withoutOwners(JsonParser parser, String within) throws IOException {
    ObjectNode object = object();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals(within) && value == JsonToken.START_OBJECT) {
        object.set(name, withoutOwners(parser, ""));
      } else if (within.isEmpty() && name.equals("managedFields")) {
        parser.skipChildren();
      } else {
        object.set(name, TRUSTING.<JsonNode>readTree(parser));
      }
    }
    return object;
  }

  private static JsonNode parse(ObjectMapper mapper, byte[] json) {
    try {
      JsonNode node = mapper.readTree(json);
      if (node == null || node.isMissingNode()) {
        throw new IllegalArgumentException("unexpected end of JSON input");
      }
      return node;
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      String where =
          at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
      throw new IllegalArgumentException(e.getOriginalMessage() + where, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // bytes in memory do not fail to be read
    }
  }

  /**
   * A value, and what was found in its text that strict readers refuse.
   *
   * @param duplicates one message a name that came again, such as {@code duplicate field "spec.a"};
   *     its last value counts
   */
  public record Lenient(JsonNode value, List<String> duplicates) {
    public Lenient {
      duplicates = List.copyOf(duplicates);
    }
  }

  /**
   * The same, but a name may come several times in an object.
   *
   * @throws IllegalArgumentException the bytes are not one JSON value
   */
  public static Lenient parseLenient(byte[] json) {
    try {
      return new Lenient(parse(json), List.of());
    } catch (IllegalArgumentException e) {
      Lenient lenient;
      try {
        lenient = LenientJson.read(json);
      } catch (IllegalArgumentException again) {
        throw e; // it was not the names
      }
      return lenient;
    }
  }

  /** The same value with the names of every object in order; lists are changed in place. */
  public static JsonNode sorted(JsonNode node) {
    if (node instanceof ObjectNode object) {
      ObjectNode sorted = object();
      object.properties().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(e -> sorted.set(e.getKey(), sorted(e.getValue())));
      return sorted;
    }
    if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        array.set(i, sorted(array.get(i)));
      }
    }
    return node;
  }

  /** UTF-8 JSON without white space. */
  public static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree that cannot be written", e);
    }
  }
}
