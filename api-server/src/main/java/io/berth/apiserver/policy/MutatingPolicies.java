package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.GroupResource;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.cache.CacheFollower;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Expression;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.server.ServedResources;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Changes writes as the MutatingAdmissionPolicies say that bindings put into force, one after the
 * other in the order of the bindings' names. Policies are compiled when they change.
 */
public final class MutatingPolicies implements AdmissionStep {
  private static final String GROUP = "admissionregistration.k8s.io";
  private static final GroupResource POLICIES =
      new GroupResource(GROUP, "mutatingadmissionpolicies");
  private static final GroupResource BINDINGS =
      new GroupResource(GROUP, "mutatingadmissionpolicybindings");

  /** A policy in force. */
  private record Bound(MutatingPolicy policy, JsonNode binding) {}

  private record Compiled(long revision, MutatingPolicy policy) {}

  private final WatchCache cache;
  private final Matching matching;
  private final Params params;
  private final Consumer<AdmissionRequest> complete;
  private final CacheFollower follower;
  private Map<String, Compiled> compiled = new HashMap<>();
  private volatile List<Bound> inForce = List.of();

  /**
   * @param complete brings an object that a policy changed into its kind's form again
   */
  public MutatingPolicies(
      WatchCache cache,
      Environment environment,
      ServedResources served,
      Consumer<AdmissionRequest> complete) {
    this.cache = cache;
    this.matching = new Matching(cache);
    this.params = new Params(cache, served);
    this.complete = complete;
    this.follower = new CacheFollower(cache, environment, List.of(POLICIES, BINDINGS), this::step);
  }

  /** Follows policies and bindings from now on. */
  public void start() {
    follower.start();
  }

  synchronized void step() {
    Map<String, Compiled> now = new HashMap<>();
    for (ApiObject object : cache.list(POLICIES, null).objects()) {
      Compiled before = compiled.get(object.key().name());
      long revision = object.header().revision();
      now.put(
          object.key().name(),
          before != null && before.revision() == revision
              ? before
              : new Compiled(revision, MutatingPolicy.of(object.tree())));
    }
    compiled = now;
    List<Bound> bound = new ArrayList<>();
    for (ApiObject object : cache.list(BINDINGS, null).objects()) {
      JsonNode binding = object.tree();
      Compiled policy = now.get(binding.path("spec").path("policyName").asText());
      if (policy != null) {
        bound.add(new Bound(policy.policy(), binding));
      }
    }
    inForce = List.copyOf(bound);
  }

  @Override
  public void admit(AdmissionRequest request) {
    List<Bound> all = inForce;
    ObjectNode object = request.object();
    if (all.isEmpty() || object == null) {
      return;
    }
    Attributes attributes = Attributes.of(request);
    if (!Matching.exempt(attributes)) {
      all.forEach(bound -> change(bound, attributes, object));
    }
  }

  private void change(Bound bound, Attributes attributes, ObjectNode object) {
    JsonNode spec = bound.policy().document().path("spec");
    JsonNode binding = bound.binding().path("spec");
    if (!matching.resources(spec.path("matchConstraints"), attributes)
        || !matching.narrows(binding.path("matchResources"), attributes)) {
      return;
    }
    JsonNode paramKind = spec.path("paramKind");
    JsonNode paramRef = binding.path("paramRef");
    if (!paramKind.isObject() || !paramRef.isObject()) {
      change(bound, attributes, object, null);
      return;
    }
    Params.Found found = params.find(paramKind, paramRef, attributes);
    boolean allow = paramRef.path("parameterNotFoundAction").asText("Deny").equals("Allow");
    if (found.objects().isEmpty() && !allow && bound.policy().failsOnErrors()) {
      throw denied(bound, attributes, found.missing());
    }
    found.objects().forEach(param -> change(bound, attributes, object, param));
  }

  private void change(
      Bound bound, Attributes attributes, ObjectNode object, @Nullable JsonNode param) {
    JsonNode namespace = matching.namespace(attributes).map(ApiObject::tree).orElse(null);
    try {
      ObjectNode changed =
          bound
              .policy()
              .mutated(
                  object.deepCopy(),
                  attributes.ruled(),
                  now -> {
                    Map<String, Object> variables =
                        MatchConditions.variables(attributes, namespace, param);
                    variables.put("object", MatchConditions.value(now));
                    return variables;
                  });
      if (!changed.equals(object)) {
        object.removeAll();
        object.setAll(changed);
        complete.accept(attributes.request());
      }
    } catch (Expression.EvaluationException | Budget.ExceededException e) {
      if (bound.policy().failsOnErrors()) {
        throw denied(bound, attributes, e.getMessage() == null ? "" : e.getMessage());
      }
    }
  }

  private static ApiException denied(Bound bound, Attributes attributes, String why) {
    return Errors.forbidden(
        attributes.info().resource().groupResource(),
        attributes.name(),
        "policy '"
            + bound.policy().name()
            + "' with binding '"
            + bound.binding().path("metadata").path("name").asText()
            + "' denied request: "
            + why);
  }
}
