package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.Merge;
import io.berth.api.patch.JsonPatch;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.Schemas;
import io.berth.api.transport.ApiException;
import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Compiler;
import io.berth.apiserver.cel.Expression;
import io.berth.apiserver.custom.CelValues;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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
    List<Mutation> mutations) {

  /**
   * One mutation.
   *
   * @param patch whether a JSON patch; else a configuration that is merged as apply merges
   * @param expression makes it; null where it does not compile
   * @param trouble why it does not compile, or empty
   */
  record Mutation(boolean patch, @Nullable Expression expression, String trouble) {}

  static MutatingPolicy of(JsonNode policy) {
    JsonNode spec = policy.path("spec");
    Map<String, Expression> variables = new LinkedHashMap<>();
    for (JsonNode variable : spec.path("variables")) {
      try {
        variables.put(
            variable.path("name").asText(),
            ValidatingPolicy.COMPILER.compileMutation(variable.path("expression").asText()));
      } catch (Compiler.CompilationException e) {
        // Whoever asks for it is told that there is no such key.
      }
    }
    List<Mutation> mutations = new ArrayList<>();
    spec.path("mutations").forEach(mutation -> mutations.add(mutation(mutation)));
    return new MutatingPolicy(
        policy, MatchConditions.of(spec.path("matchConditions")), variables, mutations);
  }

  private static Mutation mutation(JsonNode mutation) {
    boolean patch = mutation.path("patchType").asText().equals("JSONPatch");
    String text =
        mutation.path(patch ? "jsonPatch" : "applyConfiguration").path("expression").asText();
    try {
      return new Mutation(patch, ValidatingPolicy.COMPILER.compileMutation(text), "");
    } catch (Compiler.CompilationException e) {
      return new Mutation(patch, null, e.reason());
    }
  }

  String name() {
    return document.path("metadata").path("name").asText();
  }

  boolean failsOnErrors() {
    return document.path("spec").path("failurePolicy").asText("Fail").equals("Fail");
  }

  /**
   * The object after all mutations.
   *
   * @param variablesOf the variables for an object as it is by then
   * @throws Expression.EvaluationException a mutation cannot be made or does not apply
   */
  ObjectNode mutated(
      ObjectNode object,
      ResourceDefinition resource,
      Function<ObjectNode, Map<String, Object>> variablesOf)
      throws Expression.EvaluationException {
    Budget budget = Budget.ofRequest();
    if (!conditions.hold(variablesOf.apply(object), budget)) {
      return object;
    }
    ObjectNode current = object;
    for (Mutation mutation : mutations) {
      LazyVariables all = new LazyVariables(variables, variablesOf.apply(current), budget);
      current = mutated(mutation, current, resource, all, budget);
    }
    return current;
  }

  private static ObjectNode mutated(
      Mutation mutation,
      ObjectNode object,
      ResourceDefinition resource,
      LazyVariables variables,
      Budget budget)
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
      return Merge.of(Schemas.forResource(resource), object, config);
    } catch (IllegalArgumentException | ApiException e) {
      throw failed("error applying patch: " + e.getMessage(), e);
    }
  }

  private static Expression.EvaluationException failed(String why, @Nullable Exception cause) {
    return new Expression.EvaluationException(
        why, cause == null ? new IllegalStateException(why) : cause);
  }
}
