package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Compiler;
import io.berth.apiserver.cel.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A ValidatingAdmissionPolicy, compiled. Immutable.
 *
 * @param document as it is written
 * @param conditions that it is asked at all
 * @param variables by name, in order
 * @param validations in order
 */
record ValidatingPolicy(
    JsonNode document,
    MatchConditions conditions,
    Map<String, Expression> variables,
    List<Validation> validations)
    implements Policy {
  /**
   * One validation.
   *
   * @param expression must be true; null where it does not compile
   * @param message makes the message, or null
   * @param trouble why it does not compile, or empty
   */
  record Validation(
      JsonNode document,
      @Nullable Expression expression,
      @Nullable Expression message,
      String trouble) {}

  /**
   * Something that the policy has against a write.
   *
   * @param message for people
   * @param reason of the status
   * @param error whether no expression said so, but one failed
   */
  record Objection(String message, String reason, boolean error) {}

  /** What does not compile fails when it is asked. */
  static ValidatingPolicy of(JsonNode policy) {
    return of(policy, new Expressions(policy.at("/spec/paramKind").isObject()), error -> {});
  }

  /**
   * @param expressions compile them
   * @param errors get what does not compile
   */
  static ValidatingPolicy of(
      JsonNode policy, Expressions expressions, Consumer<FieldError> errors) {
    JsonNode spec = policy.path("spec");
    MatchConditions conditions =
        MatchConditions.of(
            spec.path("matchConditions"),
            spec.path("paramKind").isObject(),
            "spec.matchConditions",
            errors);
    Map<String, Expression> variables =
        Variables.of(
            spec.path("variables"),
            expressions,
            text -> expressions.compile(text, Compiler.Result.ANY),
            errors);
    List<Validation> validations = new ArrayList<>();
    for (int i = 0; i < spec.path("validations").size(); i++) {
      JsonNode document = spec.path("validations").get(i);
      validations.add(validation(document, expressions, "spec.validations[" + i + "]", errors));
    }
    annotations(spec.path("auditAnnotations"), expressions, errors);
    return new ValidatingPolicy(policy, conditions, variables, validations);
  }

  /**
   * They are for an audit log, which this server does not write; they must compile all the same.
   */
  private static void annotations(
      JsonNode annotations, Expressions expressions, Consumer<FieldError> errors) {
    for (int i = 0; i < annotations.size(); i++) {
      String text = annotations.get(i).path("valueExpression").asText().strip();
      try {
        if (!text.isEmpty()) {
          expressions.compile(text, Compiler.Result.STRING_OR_NULL);
        }
      } catch (Compiler.CompilationException e) {
        String at = "spec.auditAnnotations[" + i + "].valueExpression";
        errors.accept(FieldError.invalid(at, text, e.reason()));
      }
    }
  }

  private static Validation validation(
      JsonNode document, Expressions expressions, String at, Consumer<FieldError> errors) {
    Expression expression = null;
    String trouble = "";
    String text = document.path("expression").asText();
    try {
      expression = expressions.compile(text, Compiler.Result.BOOL);
    } catch (Compiler.CompilationException e) {
      trouble = e.reason();
      if (!text.isBlank()) {
        errors.accept(FieldError.invalid(at + ".expression", text, trouble));
      }
    }
    Expression message = null;
    String made = document.path("messageExpression").asText("");
    if (!made.isBlank()) {
      try {
        message = expressions.compileMessage(made);
      } catch (Compiler.CompilationException e) {
        errors.accept(FieldError.invalid(at + ".messageExpression", made, e.reason()));
      }
    }
    return new Validation(document, expression, message, trouble);
  }

  /** All that it has against a write, with these variables. */
  List<Objection> objections(Map<String, Object> variables) {
    Budget budget = Budget.ofRequest();
    List<Objection> objections = new ArrayList<>();
    try {
      if (!conditions.hold(variables, Budget.ofConditions())) {
        return List.of();
      }
      LazyVariables all = new LazyVariables(this.variables, variables, budget);
      for (Validation validation : validations) {
        objection(validation, all, budget).ifPresent(objections::add);
      }
    } catch (Expression.EvaluationException e) {
      objections.add(new Objection(e.reason(), "", true));
    } catch (Budget.ExceededException e) {
      return List.of(new Objection(e.getMessage() == null ? "" : e.getMessage(), "", true));
    }
    return objections;
  }

  private static Optional<Objection> objection(
      Validation validation, LazyVariables variables, Budget budget) {
    String text = validation.document().path("expression").asText();
    String reason = validation.document().path("reason").asText("");
    if (validation.expression() == null) {
      return Optional.of(new Objection("compilation error: " + validation.trouble(), "", true));
    }
    try {
      if (Boolean.TRUE.equals(validation.expression().evaluate(variables.all(), budget))) {
        return Optional.empty();
      }
    } catch (Expression.EvaluationException e) {
      return Optional.of(
          new Objection("expression '" + text + "' resulted in error: " + e.reason(), "", true));
    }
    return Optional.of(new Objection(message(validation, variables, budget), reason, false));
  }

  private static String message(Validation validation, LazyVariables variables, Budget budget) {
    if (validation.message() != null) {
      try {
        String made = validation.message().evaluate(variables.all(), budget).toString().strip();
        if (!made.isEmpty() && !made.contains("\n")) {
          return made;
        }
      } catch (Expression.EvaluationException e) {
        // Falls back to the message that is written.
      }
    }
    String message = validation.document().path("message").asText("").strip();
    return message.isEmpty()
        ? "failed expression: " + validation.document().path("expression").asText().strip()
        : message;
  }
}
