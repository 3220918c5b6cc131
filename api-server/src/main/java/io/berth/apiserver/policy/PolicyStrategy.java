package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.validation.FieldError;
import io.berth.api.validation.Validation;
import io.berth.apiserver.registry.Strategy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules of kinds with expressions about writes: policies and webhook configurations. What does
 * not compile is refused; what was stored before stays.
 */
public final class PolicyStrategy implements Strategy {
  @Override
  public boolean countsGenerations() {
    return true;
  }

  @Override
  public List<FieldError> validate(
      ResourceDefinition ruled, ObjectNode object, @Nullable ObjectNode old) {
    List<FieldError> errors = new ArrayList<>(Validation.check(ruled, object));
    switch (ruled.plural()) {
      case "validatingadmissionpolicies" -> {
        if (changed(object, old, "spec")) {
          boolean params = object.at("/spec/paramKind").isObject();
          ValidatingPolicy.of(object, new Expressions(params), errors::add);
        }
      }
      case "mutatingadmissionpolicies" -> {
        if (changed(object, old, "spec")) {
          MutatingPolicy.of(object, errors::add);
        }
      }
      default -> {
        if (changed(object, old, "webhooks")) {
          conditions(object, errors);
        }
      }
    }
    return errors;
  }

  private static void conditions(ObjectNode configuration, List<FieldError> errors) {
    for (int i = 0; i < configuration.path("webhooks").size(); i++) {
      MatchConditions.of(
          configuration.path("webhooks").get(i).path("matchConditions"),
          false,
          "webhooks[" + i + "].matchConditions",
          errors::add);
    }
  }

  private static boolean changed(ObjectNode object, @Nullable ObjectNode old, String field) {
    return old == null || !object.path(field).equals(old.path(field));
  }
}
