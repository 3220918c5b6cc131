package io.berth.apiserver.policy;

import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Expression;
import java.util.AbstractMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The variables that a policy names, each worked out when an expression first asks for it and once.
 * For one evaluation of a policy, by one thread.
 */
final class LazyVariables extends AbstractMap<String, Object> {
  private final Map<String, Expression> expressions;
  private final Map<String, Object> others;
  private final Budget budget;
  private final Map<String, Object> known = new HashMap<>();

  /**
   * @param others what the expressions may name beside each other; {@code variables} is added
   */
  LazyVariables(Map<String, Expression> expressions, Map<String, Object> others, Budget budget) {
    this.expressions = expressions;
    this.others = new HashMap<>(others);
    this.others.put("variables", this);
    this.budget = budget;
  }

  /** All that an expression of the policy may name. */
  Map<String, Object> all() {
    return others;
  }

  @Override
  public boolean containsKey(@Nullable Object name) {
    return expressions.containsKey(name);
  }

  @Override
  public @Nullable Object get(@Nullable Object name) {
    Expression expression = expressions.get(name);
    if (expression == null) {
      return null;
    }
    Object value = known.get(expression.text());
    if (value == null) {
      try {
        value = expression.evaluate(others, budget);
      } catch (Expression.EvaluationException e) {
        throw new IllegalArgumentException(
            "composited variable \"" + name + "\" fails to evaluate: " + e.reason(), e);
      }
      known.put(expression.text(), value);
    }
    return value;
  }

  @Override
  public Set<Entry<String, Object>> entrySet() {
    return expressions.keySet().stream()
        .map(name -> new SimpleEntry<String, Object>(name, String.valueOf(get(name))))
        .collect(Collectors.toSet());
  }
}
