package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.TypeRef;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.server.RequestInfo;
import java.util.List;
import java.util.Set;

/** What a PUT may do, which differs between kinds as clients know it. */
final class PutRules {
  /** Resources that a PUT creates where they are not there. */
  private static final Set<String> CREATED =
      Set.of(
          "clusterrolebindings.rbac.authorization.k8s.io",
          "clusterroles.rbac.authorization.k8s.io",
          "endpoints",
          "events",
          "events.events.k8s.io",
          "leases.coordination.k8s.io",
          "limitranges",
          "rolebindings.rbac.authorization.k8s.io",
          "roles.rbac.authorization.k8s.io",
          "services");

  /** Resources of which a PUT must name the version that it replaces; so must custom ones. */
  private static final Set<String> CONDITIONAL =
      Set.of(
          "apiservices.apiregistration.k8s.io",
          "csidrivers.storage.k8s.io",
          "csinodes.storage.k8s.io",
          "csistoragecapacities.storage.k8s.io",
          "customresourcedefinitions.apiextensions.k8s.io",
          "leases.coordination.k8s.io",
          "mutatingadmissionpolicies.admissionregistration.k8s.io",
          "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
          "mutatingwebhookconfigurations.admissionregistration.k8s.io",
          "poddisruptionbudgets.policy",
          "runtimeclasses.node.k8s.io",
          "validatingadmissionpolicies.admissionregistration.k8s.io",
          "validatingadmissionpolicybindings.admissionregistration.k8s.io",
          "validatingwebhookconfigurations.admissionregistration.k8s.io",
          "volumeattachments.storage.k8s.io");

  private PutRules() {}

  /** Whether a PUT of what is not there creates it. */
  static boolean creates(RequestInfo info) {
    return !info.hasSubresource() && CREATED.contains(info.resource().groupResource().toString());
  }

  /**
   * @throws io.berth.api.transport.ApiException 422 where the object must bear a resourceVersion
   *     and does not
   */
  static void checkRevision(ResourceDefinition resource, ObjectNode object) {
    String revision = Meta.text(object, "resourceVersion");
    boolean conditional =
        resource.schema() instanceof TypeRef.Custom
            || CONDITIONAL.contains(resource.groupResource().toString());
    if (conditional && (revision.isEmpty() || revision.equals("0"))) {
      throw Errors.invalid(
          resource,
          Meta.name(object),
          List.of(
              FieldError.invalidRaw(
                  "metadata.resourceVersion", "0x0", "must be specified for an update")));
    }
  }
}
