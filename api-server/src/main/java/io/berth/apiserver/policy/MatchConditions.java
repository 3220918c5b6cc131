package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Compiler;
import io.berth.apiserver.cel.Expression;
import io.berth.apiserver.custom.CelValues;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The {@code matchConditions} of a webhook or policy, compiled. Immutable. */
public final class MatchConditions {
  /** What expressions about writes are written over, whatever kind they are of. */
  public static final Map<String, CelType> VARIABLES =
      Map.of(
          "object", SimpleType.DYN,
          "oldObject", SimpleType.DYN,
          "request", SimpleType.DYN,
          "namespaceObject", SimpleType.DYN,
          "params", SimpleType.DYN);

  private static final Compiler COMPILER = new Compiler(VARIABLES, List.of());

  private record Condition(String name, @Nullable Expression expression, String trouble) {}

  private final List<Condition> conditions;

  private MatchConditions(List<Condition> conditions) {
    this.conditions = conditions;
  }

  public static MatchConditions of(JsonNode conditions) {
    List<Condition> compiled = new ArrayList<>();
    for (JsonNode condition : conditions) {
      String name = condition.path("name").asText();
      try {
        compiled.add(
            new Condition(
                name,
                COMPILER.compile(condition.path("expression").asText(), Compiler.Result.BOOL),
                ""));
      } catch (Compiler.CompilationException e) {
        compiled.add(new Condition(name, null, e.reason()));
      }
    }
    return new MatchConditions(List.copyOf(compiled));
  }

  /** Whether there is nothing to ask. */
  public boolean isEmpty() {
    return conditions.isEmpty();
  }

  /**
   * Whether all hold.
   *
   * @throws Expression.EvaluationException one has no value, and none is false
   */
  public boolean hold(Map<String, ?> variables, Budget budget)
      throws Expression.EvaluationException {
    Expression.EvaluationException trouble = null;
    for (Condition condition : conditions) {
      try {
        if (condition.expression() == null) {
          throw new Expression.EvaluationException(
              condition.trouble(), new IllegalArgumentException(condition.trouble()));
        }
        if (!Boolean.TRUE.equals(condition.expression().evaluate(variables, budget))) {
          return false;
        }
      } catch (Expression.EvaluationException e) {
        trouble = e;
      }
    }
    if (trouble != null) {
      throw trouble;
    }
    return true;
  }

  /** The variables of one write. */
  public static Map<String, Object> variables(
      Attributes attributes, @Nullable JsonNode namespace, @Nullable JsonNode params) {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("object", value(attributes.object()));
    variables.put("oldObject", value(attributes.old()));
    variables.put("request", CelValues.of(attributes.review("")));
    variables.put("namespaceObject", value(namespace));
    variables.put("params", value(params));
    return variables;
  }

  static Object value(@Nullable JsonNode json) {
    return CelValues.of(json == null ? NullNode.getInstance() : json);
  }
}
