package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.validation.FieldError;
import java.util.function.Consumer;

/** Fields that keep the value that the object was created with. */
final class Immutable {
  private Immutable() {}

  /**
   * @param path dotted path of the field
   */
  static void check(JsonNode object, JsonNode old, String path, Consumer<FieldError> errors) {
    if (!changed(object, old, path)) {
      return;
    }
    JsonNode now = at(object, path);
    errors.accept(
        now.isTextual()
            ? FieldError.invalid(path, now.asText(), "field is immutable")
            : FieldError.invalidRaw(
                path, now.isMissingNode() ? "null" : now.toString(), "field is immutable"));
  }

  /** Whether a field differs; absent, null, an empty list and an empty map are the same. */
  static boolean changed(JsonNode object, JsonNode old, String path) {
    JsonNode now = at(object, path);
    JsonNode before = at(old, path);
    return !now.equals(before) && !(nothing(now) && nothing(before));
  }

  private static boolean nothing(JsonNode value) {
    return value.isMissingNode() || value.isNull() || (value.isContainerNode() && value.isEmpty());
  }

  private static JsonNode at(JsonNode object, String path) {
    JsonNode node = object;
    for (String field : path.split("\\.")) {
      node = node.path(field);
    }
    return node;
  }
}
