package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.policy.InForce.Bound;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import java.util.List;
import java.util.Map;

/** Holds writes against the ValidatingAdmissionPolicies that bindings put into force. */
public final class ValidatingPolicies implements AdmissionStep {
  private static final Map<String, Integer> CODES =
      Map.of(
          "Unauthorized", 401,
          "Forbidden", 403,
          "RequestEntityTooLarge", 413,
          "Invalid", 422);

  private final Surroundings surroundings;
  private final InForce<ValidatingPolicy> policies;

  public ValidatingPolicies(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.policies = new InForce<>(surroundings, "validating", ValidatingPolicy::of);
  }

  /** Follows policies and bindings from now on. */
  public void start() {
    policies.start();
  }

  @Override
  public void validatePart(AdmissionRequest request) {
    validate(request);
  }

  @Override
  public void validate(AdmissionRequest request) {
    List<Bound<ValidatingPolicy>> all = policies.all();
    if (all.isEmpty()) {
      return;
    }
    Attributes write = Attributes.of(request, surroundings.strategies());
    if (!Matching.exemptFromPolicies(write)) {
      all.forEach(bound -> check(bound, write));
    }
  }

  private void check(Bound<ValidatingPolicy> bound, Attributes write) {
    String missing =
        policies.apply(bound, write, (seen, variables) -> check(bound, seen, variables));
    if (!missing.isEmpty()) {
      throw denied(bound, write, missing, "");
    }
  }

  private static void check(
      Bound<ValidatingPolicy> bound, Attributes write, Map<String, Object> variables) {
    for (ValidatingPolicy.Objection objection : bound.policy().objections(variables)) {
      if (objection.error()) {
        if (bound.policy().failsOnErrors()) {
          throw denied(bound, write, objection.message(), objection.reason());
        }
        continue;
      }
      if (does(bound, "Warn")) {
        write.warn(
            "Validation failed for ValidatingAdmissionPolicy '"
                + bound.policy().name()
                + "' with binding '"
                + bound.name()
                + "': "
                + objection.message());
      }
      if (does(bound, "Deny")) {
        throw denied(bound, write, objection.message(), objection.reason());
      }
    }
  }

  private static boolean does(Bound<ValidatingPolicy> bound, String action) {
    for (JsonNode one : bound.binding().path("spec").path("validationActions")) {
      if (one.asText().equals(action)) {
        return true;
      }
    }
    return false;
  }

  private static ApiException denied(
      Bound<ValidatingPolicy> bound, Attributes write, String why, String given) {
    String message =
        "ValidatingAdmissionPolicy '"
            + bound.policy().name()
            + "' with binding '"
            + bound.name()
            + "' denied request: "
            + why;
    ApiException forbidden =
        Errors.forbidden(write.info().resource().groupResource(), write.name(), message);
    String reason = given.isEmpty() ? "Invalid" : given;
    return new ApiException(
        CODES.getOrDefault(reason, 422),
        reason,
        forbidden.getMessage() == null ? message : forbidden.getMessage(),
        forbidden.details());
  }
}
