package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Expression;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One of the {@code x-kubernetes-validations}, compiled. Immutable.
 *
 * @param index its place among the rules of its schema node
 * @param document as it is written
 * @param rule must be true
 * @param message makes the message where it is not, or null
 */
record Rule(int index, JsonNode document, Expression rule, @Nullable Expression message) {
  boolean optionalOldSelf() {
    return document.path("optionalOldSelf").asBoolean();
  }

  /** The error's place: that of the value, or of a field in it. */
  String path(String path) {
    String field = document.path("fieldPath").asText("");
    String full = path + field;
    return full.startsWith(".") ? full.substring(1) : full;
  }

  private String usualMessage() {
    String message = document.path("message").asText("").strip();
    return message.isEmpty() ? "failed rule: " + document.path("rule").asText().strip() : message;
  }

  /**
   * What is wrong, or null where the rule holds.
   *
   * @param value as messages show it, null for objects and lists
   */
  @Nullable FieldError check(
      Map<String, ?> variables, Budget budget, String path, @Nullable String value) {
    try {
      if (Boolean.TRUE.equals(rule.evaluate(variables, budget))) {
        return null;
      }
    } catch (Expression.EvaluationException e) {
      return new FieldError(
          path(path),
          FieldError.Type.INVALID,
          value,
          e.reason() + " evaluating rule: " + usualMessage());
    }
    return new FieldError(path(path), type(), shows() ? value : null, message(variables, budget));
  }

  private boolean shows() {
    return type() == FieldError.Type.INVALID || type() == FieldError.Type.DUPLICATE;
  }

  private FieldError.Type type() {
    return switch (document.path("reason").asText("")) {
      case "FieldValueRequired" -> FieldError.Type.REQUIRED;
      case "FieldValueForbidden" -> FieldError.Type.FORBIDDEN;
      case "FieldValueDuplicate" -> FieldError.Type.DUPLICATE;
      default -> FieldError.Type.INVALID;
    };
  }

  /** A message that cannot be made, is empty or breaks lines falls back to the usual one. */
  private String message(Map<String, ?> variables, Budget budget) {
    if (message == null) {
      return usualMessage();
    }
    try {
      String made = message.evaluate(variables, budget).toString().strip();
      return made.isEmpty() || made.contains("\n") ? usualMessage() : made;
    } catch (Expression.EvaluationException e) {
      return usualMessage();
    }
  }
}
