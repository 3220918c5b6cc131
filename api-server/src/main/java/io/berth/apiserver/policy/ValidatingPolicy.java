package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Compiler;
import io.berth.apiserver.cel.Expression;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    List<Validation> validations) {
  static final Compiler COMPILER = compiler();

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

  private static Compiler compiler() {
    Map<String, CelType> names = new HashMap<>(MatchConditions.VARIABLES);
    names.put("variables", SimpleType.DYN);
    return new Compiler(names, List.of());
  }

  static ValidatingPolicy of(JsonNode policy) {
    JsonNode spec = policy.path("spec");
    Map<String, Expression> variables = new LinkedHashMap<>();
    for (JsonNode variable : spec.path("variables")) {
      try {
        variables.put(
            variable.path("name").asText(),
            COMPILER.compile(variable.path("expression").asText(), Compiler.Result.ANY));
      } catch (Compiler.CompilationException e) {
        // Whoever asks for it is told that there is no such key.
      }
    }
    List<Validation> validations = new ArrayList<>();
    spec.path("validations").forEach(document -> validations.add(validation(document)));
    return new ValidatingPolicy(
        policy, MatchConditions.of(spec.path("matchConditions")), variables, validations);
  }

  private static Validation validation(JsonNode document) {
    Expression message = null;
    String made = document.path("messageExpression").asText("").strip();
    if (!made.isEmpty()) {
      try {
        message = COMPILER.compile(made, Compiler.Result.STRING);
      } catch (Compiler.CompilationException e) {
        message = null; // the usual message says enough
      }
    }
    try {
      String text = document.path("expression").asText();
      return new Validation(document, COMPILER.compile(text, Compiler.Result.BOOL), message, "");
    } catch (Compiler.CompilationException e) {
      return new Validation(document, null, message, e.reason());
    }
  }

  String name() {
    return document.path("metadata").path("name").asText();
  }

  boolean failsOnErrors() {
    return document.path("spec").path("failurePolicy").asText("Fail").equals("Fail");
  }

  /** All that it has against a write, with these variables. */
  List<Objection> objections(Map<String, Object> variables) {
    Budget budget = Budget.ofRequest();
    List<Objection> objections = new ArrayList<>();
    try {
      if (!conditions.hold(variables, budget)) {
        return List.of();
      }
      LazyVariables all = new LazyVariables(this.variables, variables, budget);
      for (Validation validation : validations) {
        objection(validation, all, budget).ifPresent(objections::add);
      }
    } catch (Expression.EvaluationException e) {
      objections.add(new Objection(e.reason(), "", true));
    } catch (Budget.ExceededException e) {
      objections.add(new Objection(e.getMessage() == null ? "" : e.getMessage(), "", true));
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
