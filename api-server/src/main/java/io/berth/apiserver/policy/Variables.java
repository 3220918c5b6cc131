package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.cel.Compiler;
import io.berth.apiserver.cel.Expression;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The variables that a policy names for its expressions. */
final class Variables {
  /** How the policy's expressions are compiled. */
  interface How {
    Expression compile(String text) throws Compiler.CompilationException;
  }

  private Variables() {}

  /**
   * By name, in order; each may name those before it. What does not compile is left out and
   * reported, and whoever names it does not compile either.
   */
  static Map<String, Expression> of(
      JsonNode variables, Expressions expressions, How how, Consumer<FieldError> errors) {
    Map<String, Expression> compiled = new LinkedHashMap<>();
    for (int i = 0; i < variables.size(); i++) {
      String name = variables.get(i).path("name").asText();
      String text = variables.get(i).path("expression").asText();
      try {
        Expression expression = how.compile(text);
        compiled.put(name, expression);
        expressions.declare(name, expression);
      } catch (Compiler.CompilationException e) {
        errors.accept(FieldError.invalid("spec.variables[" + i + "].expression", text, e.reason()));
      }
    }
    return compiled;
  }
}
