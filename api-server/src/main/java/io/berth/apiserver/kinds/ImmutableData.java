package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.validation.FieldError;
import java.util.function.Consumer;

/** The {@code immutable} flag of config maps and secrets: once set, it and the data stay. */
final class ImmutableData {
  private static final String WHY = "field is immutable when `immutable` is set";

  private ImmutableData() {}

  static void check(JsonNode object, JsonNode old, Consumer<FieldError> errors, String... fields) {
    if (!old.path("immutable").asBoolean()) {
      return;
    }
    if (!object.path("immutable").asBoolean()) {
      errors.accept(FieldError.forbidden("immutable", WHY));
    }
    for (String field : fields) {
      if (!same(object.path(field), old.path(field))) {
        errors.accept(FieldError.forbidden(field, WHY));
      }
    }
  }

  private static boolean same(JsonNode a, JsonNode b) {
    return a.equals(b) || (a.isEmpty() && b.isEmpty());
  }
}
