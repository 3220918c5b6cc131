package io.berth.apiserver.custom;

import io.berth.api.validation.FieldError;
import io.berth.apiserver.cel.CostEstimate;
import io.berth.apiserver.cel.Expression;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Holds a schema's rules against what they may cost at the most: each, and all together. For one
 * schema.
 */
final class RuleCosts {
  private static final long LIMIT = 10_000_000;
  private static final long SCHEMA_LIMIT = 100_000_000;
  private static final int NAMED = 4;

  private record Cost(String path, long cost) {}

  private final Consumer<FieldError> errors;
  private final List<Cost> costs = new ArrayList<>();
  private long total;

  private RuleCosts(Consumer<FieldError> errors) {
    this.errors = errors;
  }

  /**
   * @param rules of the whole schema
   * @param path of the schema for errors
   */
  static void check(Rules rules, String path, Consumer<FieldError> errors) {
    RuleCosts found = new RuleCosts(errors);
    found.add(rules, path, 1L);
    if (found.total > SCHEMA_LIMIT) {
      found.costs.stream()
          .sorted(Comparator.comparingLong(Cost::cost).reversed())
          .limit(NAMED)
          .forEach(
              cost ->
                  errors.accept(
                      FieldError.forbidden(
                          cost.path(),
                          "contributed to estimated rule & messageExpression cost total exceeding"
                              + " cost limit for entire OpenAPIv3 schema")));
      errors.accept(
          FieldError.forbidden(
              path,
              message(
                  "x-kubernetes-validations estimated rule & messageExpression cost total for"
                      + " entire OpenAPIv3 schema",
                  found.total,
                  SCHEMA_LIMIT)));
    }
  }

  /**
   * @param times how often the schema's values may come; null where there is no bound but a
   *     request's size
   */
  private void add(Rules rules, String path, @Nullable Long times) {
    if (!rules.rules().isEmpty()) {
      SchemaSizes sizes = SchemaSizes.of(rules.schema(), rules.resource());
      long count = times == null ? sizes.mostInRequest() : times;
      for (Rule rule : rules.rules()) {
        String at = path + ".x-kubernetes-validations[" + rule.index() + "]";
        add("rule", rule.rule(), sizes, count, at + ".rule");
        if (rule.message() != null) {
          add("messageExpression", rule.message(), sizes, 1, at + ".messageExpression");
        }
      }
    }
    for (Map.Entry<String, Rules> property : rules.properties().entrySet()) {
      add(property.getValue(), path + ".properties[" + property.getKey() + "]", times);
    }
    if (rules.entries() != null) {
      Long inside = times(times, rules.schema(), "maxProperties");
      add(rules.entries(), path + ".additionalProperties", inside);
    }
    if (rules.items() != null) {
      add(rules.items(), path + ".items", times(times, rules.schema(), "maxItems"));
    }
  }

  private static @Nullable Long times(@Nullable Long times, Structural schema, String bound) {
    if (times == null || !schema.document().path(bound).isNumber()) {
      return null;
    }
    return saturated(times, Math.max(0, schema.document().path(bound).asLong()));
  }

  private void add(String what, Expression expression, SchemaSizes sizes, long times, String at) {
    long cost = saturated(CostEstimate.most(expression, sizes), times);
    if (cost > LIMIT) {
      errors.accept(FieldError.forbidden(at, message("estimated " + what + " cost", cost, LIMIT)));
    }
    total = total > Long.MAX_VALUE - cost ? Long.MAX_VALUE : total + cost;
    costs.add(new Cost(at, cost));
  }

  private static long saturated(long a, long b) {
    return a != 0 && b > Long.MAX_VALUE / a ? Long.MAX_VALUE : a * b;
  }

  private static String message(String what, long cost, long limit) {
    double factor = (double) cost / limit;
    String text =
        factor > 100
            ? "more than 100x"
            : String.format(Locale.ROOT, factor < 1.5 ? "%fx" : "%.1fx", factor);
    return what
        + " exceeds budget by factor of "
        + text
        + " (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where"
        + " arrays, maps, and strings are declared)";
  }
}
