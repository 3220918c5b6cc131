package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.Computed;
import io.berth.apiserver.registry.WriteCall;
import io.berth.apiserver.server.Identity;
import java.util.ArrayList;
import java.util.List;

/** {@code SelfSubjectRulesReview}: all that the sender may do in a namespace. */
final class RulesReview implements Computed {
  private final RbacAuthorizer rbac;

  RulesReview(RbacAuthorizer rbac) {
    this.rbac = rbac;
  }

  @Override
  public void prepare(ObjectNode review, WriteCall call) {
    if (namespace(review).isEmpty()) {
      throw Errors.badRequest("namespace must be specified");
    }
  }

  private static String namespace(ObjectNode review) {
    return review.path("spec").path("namespace").asText("");
  }

  @Override
  public ObjectNode answer(ObjectNode review, WriteCall call) {
    String namespace = namespace(review);
    Identity who = call.identity();
    Grants.Rules found = rbac.rules(who, namespace);
    ObjectNode status = review.putObject("status");
    ArrayNode resources = status.putArray("resourceRules");
    ArrayNode paths = status.putArray("nonResourceRules");
    for (PolicyRule rule : found.rules()) {
      (rule.urls().isEmpty() ? resources : paths).add(rule.toJson());
    }
    List<String> errors = new ArrayList<>(found.missing());
    if (who.in(Identity.NODES)) {
      errors.add("node authorizer does not support user rule resolution");
    }
    status.put("incomplete", !errors.isEmpty());
    if (!errors.isEmpty()) {
      status.put("evaluationError", String.join(", ", errors));
    }
    return review;
  }
}
