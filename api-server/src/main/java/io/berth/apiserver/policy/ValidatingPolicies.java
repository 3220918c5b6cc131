package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.GroupResource;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.cache.CacheFollower;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.server.ServedResources;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds writes against the ValidatingAdmissionPolicies that bindings put into force. Policies are
 * compiled when they change.
 */
public final class ValidatingPolicies implements AdmissionStep {
  private static final String GROUP = "admissionregistration.k8s.io";
  private static final GroupResource POLICIES =
      new GroupResource(GROUP, "validatingadmissionpolicies");
  private static final GroupResource BINDINGS =
      new GroupResource(GROUP, "validatingadmissionpolicybindings");

  private static final Map<String, Integer> CODES =
      Map.of(
          "Unauthorized", 401,
          "Forbidden", 403,
          "RequestEntityTooLarge", 413,
          "Invalid", 422);

  /** A policy in force. */
  private record Bound(ValidatingPolicy policy, JsonNode binding) {
    String name() {
      return binding.path("metadata").path("name").asText();
    }

    boolean does(String action) {
      for (JsonNode one : binding.path("spec").path("validationActions")) {
        if (one.asText().equals(action)) {
          return true;
        }
      }
      return false;
    }
  }

  private record Compiled(long revision, ValidatingPolicy policy) {}

  private final WatchCache cache;
  private final Matching matching;
  private final Params params;
  private final CacheFollower follower;
  private Map<String, Compiled> compiled = new HashMap<>();
  private volatile List<Bound> inForce = List.of();

  public ValidatingPolicies(WatchCache cache, Environment environment, ServedResources served) {
    this.cache = cache;
    this.matching = new Matching(cache);
    this.params = new Params(cache, served);
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
              : new Compiled(revision, ValidatingPolicy.of(object.tree())));
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
  public void validate(AdmissionRequest request) {
    List<Bound> all = inForce;
    if (all.isEmpty()) {
      return;
    }
    Attributes attributes = Attributes.of(request);
    if (!Matching.exempt(attributes)) {
      all.forEach(bound -> check(bound, attributes));
    }
  }

  private void check(Bound bound, Attributes attributes) {
    JsonNode spec = bound.policy().document().path("spec");
    JsonNode binding = bound.binding().path("spec");
    if (!matching.resources(spec.path("matchConstraints"), attributes)
        || !matching.narrows(binding.path("matchResources"), attributes)) {
      return;
    }
    JsonNode paramKind = spec.path("paramKind");
    JsonNode paramRef = binding.path("paramRef");
    if (!paramKind.isObject() || !paramRef.isObject()) {
      check(bound, attributes, null);
      return;
    }
    Params.Found found = params.find(paramKind, paramRef, attributes);
    if (found.objects().isEmpty()) {
      boolean allow = paramRef.path("parameterNotFoundAction").asText("Deny").equals("Allow");
      if (!allow && bound.policy().failsOnErrors()) {
        throw denied(bound, attributes, new ValidatingPolicy.Objection(found.missing(), "", true));
      }
      return;
    }
    found.objects().forEach(param -> check(bound, attributes, param));
  }

  private void check(Bound bound, Attributes attributes, @Nullable JsonNode param) {
    JsonNode namespace = matching.namespace(attributes).map(ApiObject::tree).orElse(null);
    Map<String, Object> variables = MatchConditions.variables(attributes, namespace, param);
    for (ValidatingPolicy.Objection objection : bound.policy().objections(variables)) {
      if (objection.error()) {
        if (bound.policy().failsOnErrors()) {
          throw denied(bound, attributes, objection);
        }
        continue;
      }
      if (bound.does("Warn")) {
        attributes
            .request()
            .call()
            .warnings()
            .add(
                "Validation failed for ValidatingAdmissionPolicy '"
                    + bound.policy().name()
                    + "' with binding '"
                    + bound.name()
                    + "': "
                    + objection.message());
      }
      if (bound.does("Deny")) {
        throw denied(bound, attributes, objection);
      }
    }
  }

  private static ApiException denied(
      Bound bound, Attributes attributes, ValidatingPolicy.Objection objection) {
    String message =
        "ValidatingAdmissionPolicy '"
            + bound.policy().name()
            + "' with binding '"
            + bound.name()
            + "' denied request: "
            + objection.message();
    ApiException forbidden =
        Errors.forbidden(attributes.info().resource().groupResource(), attributes.name(), message);
    String reason = objection.reason().isEmpty() ? "Invalid" : objection.reason();
    return new ApiException(
        CODES.getOrDefault(reason, 422),
        reason,
        forbidden.getMessage() == null ? message : forbidden.getMessage(),
        forbidden.details());
  }
}
