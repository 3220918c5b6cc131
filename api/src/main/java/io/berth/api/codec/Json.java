package io.berth.api.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * JSON trees from bytes and back, keeping every field, explicit null, empty list and the digits of
 * numbers. Duplicate keys, trailing text and nesting beyond 200 levels are errors.
 */
public final class Json {
  /** Deeper documents are refused: no Kubernetes object comes near it. */
  public static final int MAX_DEPTH = 200;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxStringLength(8 << 20)
                          .build())
                  // Buffers per thread would be lost with each virtual thread.
                  .recyclerPool(JsonRecyclerPools.sharedBoundedPool())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private Json() {}

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
    try {
      JsonNode node = MAPPER.readTree(json);
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

  /** UTF-8 JSON without white space. */
  public static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree that cannot be written", e);
    }
  }
}
