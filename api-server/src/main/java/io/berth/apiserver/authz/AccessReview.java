package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Names;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Computed;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.WriteCall;
import io.berth.apiserver.server.Authorizer;
import io.berth.apiserver.server.Authorizer.Access;
import io.berth.apiserver.server.Authorizer.Decision;
import io.berth.apiserver.server.Identity;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code SelfSubjectAccessReview}, {@code SubjectAccessReview} and {@code
 * LocalSubjectAccessReview}: whether somebody may do something.
 */
final class AccessReview implements Computed {
  private final Authorizer authorizer;
  private final boolean self;

  /**
   * @param self whether it is the sender who is asked about
   */
  AccessReview(Authorizer authorizer, boolean self) {
    this.authorizer = authorizer;
    this.self = self;
  }

  @Override
  public void prepare(ObjectNode review, WriteCall call) {
    ResourceDefinition kind = call.info().resource();
    JsonNode spec = review.path("spec");
    List<FieldError> errors = new ArrayList<>();
    checkAttributes(spec, errors);
    if (!self && text(spec, "user").isEmpty() && spec.path("groups").isEmpty()) {
      errors.add(
          FieldError.invalid("spec.user", "", "at least one of user or group must be specified"));
    }
    checkScope(review, call, errors);
    checkMetadata(review, call, errors);
    if (!errors.isEmpty()) {
      throw Errors.invalid(kind, Meta.name(review), errors);
    }
  }

  @Override
  public ObjectNode answer(ObjectNode review, WriteCall call) {
    JsonNode spec = review.path("spec");
    Identity who = self ? call.identity() : subject(spec);
    Decision decision = authorizer.decide(who, access(spec));
    ObjectNode status = review.putObject("status").put("allowed", decision.allowed());
    if (!decision.reason().isEmpty()) {
      status.put("reason", decision.reason());
    }
    return review;
  }

  private static void checkAttributes(JsonNode spec, List<FieldError> errors) {
    boolean resource = spec.path("resourceAttributes").isObject();
    boolean path = spec.path("nonResourceAttributes").isObject();
    if (resource && path) {
      errors.add(
          FieldError.invalidRaw(
              "spec.nonResourceAttributes",
              spec.path("nonResourceAttributes").toString(),
              "cannot be specified in combination with resourceAttributes"));
    } else if (!resource && !path) {
      errors.add(
          FieldError.invalidRaw(
              "spec.resourceAttributes",
              "null",
              "exactly one of nonResourceAttributes or resourceAttributes must be specified"));
    }
    for (String field : List.of("fieldSelector", "labelSelector")) {
      JsonNode selector = spec.path("resourceAttributes").path(field);
      String at = "spec.resourceAttributes." + field;
      boolean raw = !text(selector, "rawSelector").isEmpty();
      if (raw && !selector.path("requirements").isEmpty()) {
        errors.add(
            FieldError.invalid(
                at + ".rawSelector",
                text(selector, "rawSelector"),
                "may not specified at the same time as requirements"));
      } else if (selector.isObject() && !raw && selector.path("requirements").isEmpty()) {
        errors.add(
            FieldError.required(
                at + ".requirements",
                "when " + at + " is specified, requirements or rawSelector is required"));
      }
      int i = 0;
      for (JsonNode requirement : selector.path("requirements")) {
        String where = at + ".requirements[" + i++ + "]";
        checkRequirement(requirement, where, field.equals("labelSelector"), errors);
      }
    }
  }

  /** Operators that nobody here knows may be asked with by clients of a newer version. */
  private static void checkRequirement(
      JsonNode requirement, String at, boolean labels, List<FieldError> errors) {
    String key = text(requirement, "key");
    if (!labels && key.isEmpty()) {
      errors.add(FieldError.required(at + ".key", "must be specified"));
    }
    boolean values = !requirement.path("values").isEmpty();
    switch (text(requirement, "operator")) {
      case "In", "NotIn" -> {
        if (!values) {
          errors.add(
              FieldError.required(
                  at + ".values", "must be specified when `operator` is 'In' or 'NotIn'"));
        }
      }
      case "Exists", "DoesNotExist" -> {
        if (values) {
          errors.add(
              FieldError.forbidden(
                  at + ".values",
                  "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
        }
      }
      default -> {} // narrows nothing
    }
    List<String> wrong = labels ? Names.qualifiedName(key) : List.of();
    wrong.forEach(why -> errors.add(FieldError.invalid(at + ".key", key, why)));
  }

  /** A question has no name and no labels; clients may have been told of its owners. */
  private static void checkMetadata(ObjectNode review, WriteCall call, List<FieldError> errors) {
    ObjectNode rest = Meta.of(review).deepCopy();
    boolean namespaced = call.info().resource().namespaced();
    rest.remove("managedFields");
    if (namespaced) {
      rest.remove("namespace");
    }
    rest.properties()
        .removeIf(field -> field.getValue().asText("").isEmpty() && field.getValue().isEmpty());
    if (!rest.isEmpty()) {
      errors.add(
          FieldError.invalidRaw(
              "metadata",
              Meta.of(review).toString(),
              namespaced ? "must be empty except for namespace" : "must be empty"));
    }
  }

  private static void checkScope(ObjectNode review, WriteCall call, List<FieldError> errors) {
    if (!call.info().resource().namespaced()) {
      return;
    }
    JsonNode spec = review.path("spec");
    String namespace = text(spec.path("resourceAttributes"), "namespace");
    if (!namespace.equals(call.info().namespace())) {
      errors.add(
          FieldError.invalid(
              "spec.resourceAttributes.namespace", namespace, "must match metadata.namespace"));
    }
    if (spec.path("nonResourceAttributes").isObject()) {
      errors.add(
          FieldError.invalidRaw(
              "spec.nonResourceAttributes",
              spec.path("nonResourceAttributes").toString(),
              "disallowed on this kind of request"));
    }
  }

  private static Identity subject(JsonNode spec) {
    return new Identity(
        text(spec, "user"),
        text(spec, "uid"),
        UserInfo.texts(spec.path("groups")),
        UserInfo.extra(spec.path("extra")));
  }

  private static Access access(JsonNode spec) {
    JsonNode path = spec.path("nonResourceAttributes");
    if (path.isObject()) {
      return Access.path(text(path, "verb"), text(path, "path"));
    }
    JsonNode resource = spec.path("resourceAttributes");
    return new Access(
        text(resource, "verb"),
        text(resource, "group"),
        text(resource, "resource"),
        text(resource, "subresource"),
        text(resource, "namespace"),
        text(resource, "name"),
        "",
        selector(resource.path("fieldSelector")),
        null);
  }

  /** Requirements in the form of a list's parameter; what that cannot say narrows nothing. */
  private static String selector(JsonNode selector) {
    String raw = text(selector, "rawSelector");
    if (!raw.isEmpty()) {
      return raw;
    }
    List<String> terms = new ArrayList<>();
    for (JsonNode requirement : selector.path("requirements")) {
      JsonNode values = requirement.path("values");
      String operator = text(requirement, "operator");
      if (values.size() == 1 && (operator.equals("In") || operator.equals("NotIn"))) {
        String sign = operator.equals("In") ? "=" : "!=";
        terms.add(text(requirement, "key") + sign + values.get(0).asText());
      }
    }
    return String.join(",", terms);
  }

  private static String text(JsonNode object, String field) {
    return object.path(field).asText("");
  }
}
