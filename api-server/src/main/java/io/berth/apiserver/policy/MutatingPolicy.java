package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.Merge;
import io.berth.api.patch.JsonPatch;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.transport.ApiException;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Compiler;
import io.berth.apiserver.cel.Expression;
import io.berth.apiserver.custom.CelValues;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A MutatingAdmissionPolicy, compiled. Immutable.
 *
 * @param document as it is written
 * @param conditions that it is asked at all
 * @param variables by name, in order
 * @param mutations in order
 */
record MutatingPolicy(
    JsonNode document,
    MatchConditions conditions,
    Map<String, Expression> variables,
    List<Mutation> mutations)
    implements Policy {

  /**
   * One mutation.
   *
   * @param patch whether a JSON patch; else a configuration that is merged as apply merges
   * @param expression makes it; null where it does not compile
   * @param trouble why it does not compile, or empty
   */
  record Mutation(boolean patch, @Nullable Expression expression, String trouble) {}

  /** What does not compile fails when it is asked. */
  static MutatingPolicy of(JsonNode policy) {
    return of(policy, error -> {});
  }

  /**
   * @param errors get what does not compile
   */
  static MutatingPolicy of(JsonNode policy, Consumer<FieldError> errors) {
    JsonNode spec = policy.path("spec");
    boolean params = spec.path("paramKind").isObject();
    Expressions expressions = new Expressions(params);
    MatchConditions conditions =
        MatchConditions.of(spec.path("matchConditions"), params, "spec.matchConditions", errors);
    Map<String, Expression> variables =
        Variables.of(spec.path("variables"), expressions, expressions::compileMutation, errors);
    List<Mutation> mutations = new ArrayList<>();
    for (int i = 0; i < spec.path("mutations").size(); i++) {
      mutations.add(
          mutation(
              spec.path("mutations").get(i), expressions, "spec.mutations[" + i + "]", errors));
    }
    return new MutatingPolicy(policy, conditions, variables, mutations);
  }

  private static Mutation mutation(
      JsonNode mutation, Expressions expressions, String path, Consumer<FieldError> errors) {
    boolean patch = mutation.path("patchType").asText().equals("JSONPatch");
    String form = patch ? "jsonPatch" : "applyConfiguration";
    String text = mutation.path(form).path("expression").asText();
    try {
      return new Mutation(patch, expressions.compileMutation(text), "");
    } catch (Compiler.CompilationException e) {
      if (!text.isBlank()) {
        errors.accept(FieldError.invalid(path + "." + form + ".expression", text, e.reason()));
      }
      return new Mutation(patch, null, e.reason());
    }
  }

  boolean againIfNeeded() {
    return spec().path("reinvocationPolicy").asText("Never").equals("IfNeeded");
  }

  /**
   * The object after all mutations.
   *
   * @param type by which configurations are merged
   * @param given the variables; {@code object} becomes the object as it is by then
   * @throws Expression.EvaluationException a mutation cannot be made or does not apply
   */
  ObjectNode mutated(ObjectNode object, ObjectType type, Map<String, Object> given)
      throws Expression.EvaluationException {
    Budget budget = Budget.ofRequest();
    Map<String, Object> now = new HashMap<>(given);
    now.put("object", MatchConditions.value(object));
    if (!conditions.hold(now, Budget.ofConditions())) {
      return object;
    }
    ObjectNode current = object;
    for (Mutation mutation : mutations) {
      now.put("object", MatchConditions.value(current));
      LazyVariables all = new LazyVariables(variables, now, budget);
      current = mutated(mutation, current, type, all, budget);
    }
    return current;
  }

  private static ObjectNode mutated(
      Mutation mutation, ObjectNode object, ObjectType type, LazyVariables variables, Budget budget)
      throws Expression.EvaluationException {
    if (mutation.expression() == null) {
      throw failed("compilation error: " + mutation.trouble(), null);
    }
    JsonNode made = CelValues.toJson(mutation.expression().evaluate(variables.all(), budget));
    try {
      if (mutation.patch()) {
        if (JsonPatch.apply(object.deepCopy(), made) instanceof ObjectNode patched) {
          return patched;
        }
        throw failed("the patch leaves no object", null);
      }
      if (!(made instanceof ObjectNode config)) {
        throw failed("the expression makes no object", null);
      }
      return Merge.of(type, object, config);
    } catch (IllegalArgumentException | ApiException e) {
      throw failed("error applying patch: " + e.getMessage(), e);
    }
  }

  private static Expression.EvaluationException failed(String why, @Nullable Exception cause) {
    return new Expression.EvaluationException(
        why, cause == null ? new IllegalStateException(why) : cause);
  }
}
