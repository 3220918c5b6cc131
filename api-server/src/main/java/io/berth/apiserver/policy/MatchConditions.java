package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.cel.AuthorizerFunctions;
import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Compiler;
import io.berth.apiserver.cel.Expression;
import io.berth.apiserver.custom.CelValues;
import io.berth.apiserver.server.Authorizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The {@code matchConditions} of a webhook or policy, compiled. Immutable. */
public final class MatchConditions {
  private record Condition(String name, @Nullable Expression expression, String trouble) {}

  private final List<Condition> conditions;

  private MatchConditions(List<Condition> conditions) {
    this.conditions = conditions;
  }

  /** Those of a webhook. */
  public static MatchConditions of(JsonNode conditions) {
    return of(conditions, false, "", error -> {});
  }

  /**
   * What does not compile is reported, and an error of each write that it is asked about.
   *
   * @param params whether they may name parameters
   * @param path of the list for errors
   */
  static MatchConditions of(
      JsonNode conditions, boolean params, String path, Consumer<FieldError> errors) {
    List<Condition> compiled = new ArrayList<>();
    Expressions expressions = new Expressions(params);
    for (int i = 0; i < conditions.size(); i++) {
      JsonNode condition = conditions.get(i);
      String name = condition.path("name").asText();
      String text = condition.path("expression").asText().strip();
      try {
        compiled.add(new Condition(name, expressions.compile(text, Compiler.Result.BOOL), ""));
      } catch (Compiler.CompilationException e) {
        compiled.add(new Condition(name, null, e.reason()));
        if (!text.isEmpty()) {
          String at = path + "[" + i + "].expression";
          errors.accept(FieldError.invalid(at, text, e.reason()));
        }
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
              "compilation error: " + condition.trouble(),
              new IllegalArgumentException(condition.trouble()));
        }
        if (!Boolean.TRUE.equals(condition.expression().evaluate(variables, budget))) {
          return false;
        }
      } catch (Expression.EvaluationException e) {
        trouble =
            condition.expression() == null
                ? e
                : new Expression.EvaluationException(
                    "expression '"
                        + condition.expression().text()
                        + "' resulted in error: "
                        + e.reason(),
                    e);
      }
    }
    if (trouble != null) {
      throw trouble;
    }
    return true;
  }

  /** The variables of one write. */
  public static Map<String, Object> variables(
      Attributes attributes,
      @Nullable JsonNode namespace,
      @Nullable JsonNode params,
      Authorizer authorizer) {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("object", value(attributes.object()));
    variables.put("oldObject", value(attributes.old()));
    variables.put("request", CelValues.of(attributes.review("")));
    variables.put("namespaceObject", namespace == null ? value(null) : namespace(namespace));
    variables.put("params", value(params));
    variables.put("authorizer", AuthorizerFunctions.authorizer(authorizer, attributes.user()));
    variables.put(
        "authorizer.requestResource",
        AuthorizerFunctions.requestResource(authorizer, attributes.user(), attributes.access()));
    return variables;
  }

  /** A namespace with the fields that expressions may name. */
  private static Object namespace(JsonNode namespace) {
    ObjectNode shown = Json.object();
    JsonNode metadata = namespace.path("metadata");
    ObjectNode own = shown.putObject("metadata");
    for (String field :
        List.of(
            "name",
            "generateName",
            "labels",
            "annotations",
            "deletionGracePeriodSeconds",
            "generation",
            "resourceVersion",
            "finalizers")) {
      if (metadata.hasNonNull(field)) {
        own.set(field, metadata.get(field));
      }
    }
    own.put("UID", metadata.path("uid").asText(""));
    shown.putObject("spec").set("finalizers", namespace.path("spec").path("finalizers"));
    shown.putObject("status").put("phase", namespace.path("status").path("phase").asText(""));
    Map<String, Object> value = CelValues.map(shown);
    for (String time : List.of("creationTimestamp", "deletionTimestamp")) {
      if (metadata.path(time).isTextual() && value.get("metadata") instanceof Map<?, ?> map) {
        Map<String, Object> more = new LinkedHashMap<>();
        map.forEach((key, field) -> more.put(key.toString(), field));
        more.put(time, CelValues.time(metadata.path(time).asText()));
        value.put("metadata", more);
      }
    }
    return value;
  }

  static Object value(@Nullable JsonNode json) {
    return CelValues.of(json == null ? NullNode.getInstance() : json);
  }
}
