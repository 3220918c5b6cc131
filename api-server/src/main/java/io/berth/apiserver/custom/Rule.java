package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Text;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Expression;
import java.nio.charset.StandardCharsets;
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
  private static final int MAX_MESSAGE_BYTES = 5 << 10;

  boolean optionalOldSelf() {
    return document.path("optionalOldSelf").asBoolean();
  }

  /**
   * Something wrong.
   *
   * @param broken whether the rule does not hold; else it could not be asked
   */
  record Finding(FieldError error, boolean broken) {}

  /** The error's place: that of the value, or of a field in it. */
  String path(String path) {
    String field = document.path("fieldPath").asText("");
    String full = path + field;
    return full.startsWith(".") ? full.substring(1) : full;
  }

  private String usualMessage() {
    return written().isEmpty() ? "failed rule: " + shown() : written();
  }

  private String written() {
    return document.path("message").asText("").strip();
  }

  /** The rule as errors of its evaluation name it. */
  private String shown() {
    return written().isEmpty() ? document.path("rule").asText().strip() : written();
  }

  /**
   * What is wrong, or null where the rule holds.
   *
   * @param type of the value as the schema has it
   * @param value as messages show it, null for objects and lists
   * @throws TooDearException a limit of cost was passed, so that no other rule is asked
   */
  @Nullable Finding check(
      Map<String, ?> variables, Budget budget, String path, String type, @Nullable String value)
      throws TooDearException {
    try {
      if (Boolean.TRUE.equals(rule.evaluate(variables, budget))) {
        return null;
      }
      String message = message(variables, budget, path, type);
      return new Finding(new FieldError(path(path), type(), shows() ? value : null, message), true);
    } catch (Expression.EvaluationException e) {
      if (e.cancelled()) {
        throw new TooDearException(
            ofType(
                path,
                type,
                "'"
                    + e.reason()
                    + "': no further validation rules will be run due to call cost exceeds limit"
                    + " for rule: "
                    + shown()));
      }
      return new Finding(ofType(path, type, e.reason() + " evaluating rule: " + shown()), false);
    } catch (Budget.ExceededException e) {
      throw new TooDearException(ofType(path, type, String.valueOf(e.getMessage())));
    }
  }

  /** Where a rule has no answer, errors show the type instead of the value. */
  private static FieldError ofType(String path, String type, String detail) {
    String at = path.startsWith(".") ? path.substring(1) : path;
    return FieldError.invalid(at, type, detail);
  }

  /** Rules cost too much. */
  static final class TooDearException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient FieldError error;

    TooDearException(FieldError error) {
      super(error.toString(), null, false, false);
      this.error = error;
    }

    FieldError error() {
      return error;
    }
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
  private String message(Map<String, ?> variables, Budget budget, String path, String type)
      throws TooDearException {
    if (message == null) {
      return usualMessage();
    }
    try {
      String made = message.evaluate(variables, budget).toString().strip();
      boolean fits = made.getBytes(StandardCharsets.UTF_8).length <= MAX_MESSAGE_BYTES;
      return made.isEmpty() || made.contains("\n") || !fits ? usualMessage() : made;
    } catch (Expression.EvaluationException e) {
      if (e.cancelled()) {
        throw new TooDearException(
            ofType(
                path(path),
                type,
                "no further validation rules will be run due to call cost exceeds limit for"
                    + " messageExpression: "
                    + Text.quote(message.text())));
      }
      return usualMessage();
    } catch (Budget.ExceededException e) {
      throw new TooDearException(
          ofType(
              path(path),
              type,
              "messageExpression evaluation failed due to running out of cost budget, no further"
                  + " validation rules will be run"));
    }
  }
}
