package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Text;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionRequest.Operation;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.server.Authorizer;
import io.berth.apiserver.server.Authorizer.Access;
import io.berth.apiserver.server.Identity;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Keeps people from granting what they do not hold: whoever writes a role must hold all that it
 * grants or be allowed to {@code escalate} it, whoever binds one likewise or be allowed to {@code
 * bind} it.
 */
public final class RoleEscalation implements AdmissionStep {
  private static final String RBAC = Resources.ROLES.group();
  private static final List<String> ROLE_KINDS = List.of("Role", "ClusterRole");
  private static final List<PolicyRule> EVERYTHING =
      List.of(
          new PolicyRule(List.of("*"), List.of("*"), List.of("*"), List.of(), List.of()),
          new PolicyRule(List.of("*"), List.of(), List.of(), List.of(), List.of("*")));

  private final Authorizer authorizer;
  private final RbacAuthorizer rbac;

  RoleEscalation(Authorizer authorizer, RbacAuthorizer rbac) {
    this.authorizer = authorizer;
    this.rbac = rbac;
  }

  @Override
  public void admit(AdmissionRequest request) {
    ObjectNode object = request.object();
    GroupResource resource = request.key().resource();
    if (!resource.group().equals(RBAC)
        || request.operation() == Operation.DELETE
        || object == null
        || request.call().identity().in(Identity.MASTERS)
        || onlyMetadata(object, request.old())) {
      return;
    }
    if (object.has("roleRef")) {
      checkBinding(request, object);
    } else {
      checkRole(request, object);
    }
  }

  /** A finalizer or owner may be changed without a word, so that garbage collection can work. */
  private static boolean onlyMetadata(ObjectNode object, @Nullable ObjectNode old) {
    if (old == null) {
      return false;
    }
    ObjectNode a = object.deepCopy();
    ObjectNode b = old.deepCopy();
    for (ObjectNode copy : List.of(a, b)) {
      Meta.of(copy).remove(List.of("ownerReferences", "finalizers", "managedFields"));
      Meta.of(copy).remove("resourceVersion");
    }
    return a.equals(b);
  }

  private void checkRole(AdmissionRequest request, ObjectNode role) {
    Identity who = request.call().identity();
    GroupResource kind = request.key().resource();
    Access escalate =
        Access.resource(
            "escalate",
            RBAC,
            kind.resource(),
            request.key().namespace(),
            request.call().info().name());
    if (authorizer.allows(who, escalate)) {
      return;
    }
    String namespace = request.key().namespace();
    List<PolicyRule> held = rbac.rules(who, namespace).rules();
    refuse(request, held, PolicyRule.listOf(role.path("rules")));
    JsonNode old = request.old();
    boolean aggregates = role.hasNonNull("aggregationRule");
    if ((aggregates || (old != null && old.hasNonNull("aggregationRule")))
        && !RuleCover.missing(held, EVERYTHING).isEmpty()) {
      throw Errors.forbidden(
          kind, Meta.name(role), "must have cluster-admin privileges to use an aggregationRule");
    }
  }

  private void checkBinding(AdmissionRequest request, ObjectNode binding) {
    Identity who = request.call().identity();
    String namespace = request.key().namespace();
    String kind = binding.path("roleRef").path("kind").asText();
    String name = binding.path("roleRef").path("name").asText();
    if (!ROLE_KINDS.contains(kind) || name.isEmpty()) {
      return; // validation will say so
    }
    String plural = kind.toLowerCase(Locale.ROOT) + "s";
    if (authorizer.allows(who, Access.resource("bind", RBAC, plural, namespace, name))) {
      return;
    }
    List<PolicyRule> wanted = rbac.role(kind.equals("Role") ? namespace : "", name);
    if (wanted == null) {
      GroupResource role = new GroupResource(RBAC, kind.toLowerCase(Locale.ROOT));
      throw Errors.notFound(role, name);
    }
    refuse(request, rbac.rules(who, namespace).rules(), wanted);
  }

  private static void refuse(
      AdmissionRequest request, List<PolicyRule> held, List<PolicyRule> wanted)
      throws ApiException {
    List<PolicyRule> missing = RuleCover.missing(held, wanted);
    ObjectNode object = request.object();
    if (missing.isEmpty() || object == null) {
      return;
    }
    Identity who = request.call().identity();
    throw Errors.forbidden(
        request.key().resource(),
        Meta.name(object),
        "user "
            + Text.quote(who.name())
            + " (groups="
            + RuleCover.quoted(who.groups())
            + ") is attempting to grant RBAC permissions not currently held:\n"
            + RuleCover.told(missing));
  }
}
