package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.schema.Schemas;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.cache.CacheFollower;
import io.berth.apiserver.cel.Compiler;
import io.berth.apiserver.server.LocalCalls;
import io.berth.apiserver.server.Verb;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Compiles the expressions of ValidatingAdmissionPolicies for each kind that their rules name, and
 * says in their status what does not fit, such as a field that no Deployment has. What comes out
 * changes nothing of what a policy does.
 */
public final class TypeChecks {
  private static final int MAX_KINDS = 10;
  private static final String PREFIX = "compilation failed: ";

  private static final ResourceDefinition POLICIES =
      Resources.find(
              new GroupResource("admissionregistration.k8s.io", "validatingadmissionpolicies"))
          .orElseThrow();

  private static final Comparator<ResourceDefinition> ORDER =
      Comparator.comparing(ResourceDefinition::group)
          .thenComparing(ResourceDefinition::version)
          .thenComparing(ResourceDefinition::kind);

  private final Surroundings surroundings;
  private final LocalCalls calls;
  private final CacheFollower follower;

  /**
   * @param calls write the statuses
   */
  public TypeChecks(Surroundings surroundings, LocalCalls calls) {
    this.surroundings = surroundings;
    this.calls = calls;
    this.follower =
        new CacheFollower(
            surroundings.cache(),
            surroundings.environment(),
            List.of(POLICIES.groupResource()),
            this::step);
  }

  /** Follows policies from now on. */
  public void start() {
    follower.start();
  }

  void step() {
    surroundings.cache().list(POLICIES.groupResource(), null).objects().forEach(this::look);
  }

  private void look(ApiObject object) {
    ObjectNode policy = (ObjectNode) object.tree();
    long generation = policy.at("/metadata/generation").asLong();
    if (policy.at("/status/observedGeneration").asLong() >= generation) {
      return;
    }
    ObjectNode checked = policy.deepCopy();
    ObjectNode status = checked.withObject("/status").put("observedGeneration", generation);
    ObjectNode checking = status.putObject("typeChecking");
    warnings(policy.path("spec"))
        .forEach(
            (field, warning) ->
                checking
                    .withArrayProperty("expressionWarnings")
                    .addObject()
                    .put("fieldRef", field)
                    .put("warning", warning));
    write(object.key().name(), checked);
  }

  private void write(String name, ObjectNode policy) {
    try {
      calls.ask(
          ApiRequest.put(POLICIES.path(null, name, "status"), Json.bytes(policy))
              .withHeader("user-agent", "kube-controller-manager"),
          Verb.UPDATE,
          POLICIES,
          "",
          name,
          "status");
    } catch (ApiException e) {
      if (!e.isConflict() && !e.isNotFound()) {
        throw e; // a newer version is looked at anyway
      }
    }
  }

  /** By the path of the expression, in order. */
  private Map<String, String> warnings(JsonNode spec) {
    List<ResourceDefinition> kinds = kinds(spec.at("/matchConstraints/resourceRules"));
    Map<String, String> warnings = new TreeMap<>();
    for (ResourceDefinition kind : kinds) {
      KindTypes.Types types = KindTypes.of(Schemas.forResource(kind));
      Expressions expressions =
          new Expressions(spec.path("paramKind").isObject(), types.object(), types.all());
      Variables.of(
          spec.path("variables"),
          expressions,
          text -> expressions.compile(text, Compiler.Result.ANY),
          error -> {});
      for (int i = 0; i < spec.path("validations").size(); i++) {
        for (String field : List.of("expression", "messageExpression")) {
          String text = spec.path("validations").get(i).path(field).asText("");
          String wrong = text.isBlank() ? "" : wrong(text, expressions);
          if (!wrong.isEmpty()) {
            String line = kind.apiVersion() + ", Kind=" + kind.kind() + ": " + wrong + "\n";
            String path = "spec.validations[" + i + "]." + field;
            warnings.merge(
                path,
                kind.group().isEmpty() ? "/" + line : line,
                (before, more) -> before + "\n" + more);
          }
        }
      }
    }
    return warnings;
  }

  private static String wrong(String text, Expressions expressions) {
    try {
      expressions.compile(text, Compiler.Result.ANY);
      return "";
    } catch (Compiler.CompilationException e) {
      String why = e.reason();
      return why.startsWith(PREFIX) ? why.substring(PREFIX.length()) : why;
    }
  }

  /** The kinds that rules name one by one, in order. */
  private List<ResourceDefinition> kinds(JsonNode rules) {
    List<ResourceDefinition> kinds = new ArrayList<>();
    for (JsonNode rule : rules) {
      surroundings.served().snapshot().all().stream()
          .filter(resource -> names(rule, resource))
          .filter(resource -> resource.schema() != null && !kinds.contains(resource))
          .forEach(kinds::add);
    }
    return kinds.stream().sorted(ORDER).limit(MAX_KINDS).toList();
  }

  private static boolean names(JsonNode rule, ResourceDefinition resource) {
    return names(rule.path("apiGroups"), resource.group())
        && names(rule.path("apiVersions"), resource.version())
        && names(rule.path("resources"), resource.plural())
        && !names(rule.path("apiGroups"), "*")
        && !names(rule.path("apiVersions"), "*");
  }

  private static boolean names(JsonNode values, String value) {
    for (JsonNode one : values) {
      if (one.asText().equals(value)) {
        return true;
      }
    }
    return false;
  }
}
