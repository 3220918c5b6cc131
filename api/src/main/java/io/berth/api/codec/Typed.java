package io.berth.api.codec;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;

/**
 * Typed views: fabric8's model classes from bytes or trees, and back. A view is made for one
 * reconcile and dropped; what is written back to the API is a patch or a tree, so that no field
 * that the model does not know is lost.
 */
public final class Typed {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          // A list that is null is as good as none: views begin with empty ones.
          .defaultSetterInfo(JsonSetter.Value.forValueNulls(Nulls.SKIP))
          .build();

  private Typed() {}

  /**
   * @throws IllegalArgumentException the bytes are not an object of that type
   */
  public static <T> T decode(byte[] json, Class<T> type) {
    try {
      return MAPPER.readValue(json, type);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "not a " + type.getSimpleName() + ": " + e.getMessage(), e);
    }
  }

  /**
   * @throws IllegalArgumentException the tree is not an object of that type
   */
  public static <T> T decode(JsonNode tree, Class<T> type) {
    return MAPPER.convertValue(tree, type);
  }

  public static JsonNode tree(Object view) {
    return MAPPER.valueToTree(view);
  }

  public static byte[] bytes(Object view) {
    return Json.bytes(tree(view));
  }
}
