package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.SchemaValidator;
import java.util.List;

/**
 * The rules for an object that its type does not state: formats, ranges, uniqueness, and what
 * fields demand of each other; worded as Kubernetes words them. Pure. The object has passed {@link
 * SchemaValidator} as to types and has its defaults. The name's form, and what an update may
 * change, are its kind's strategy's.
 */
public final class Validation {
  private Validation() {}

  /**
   * All that is wrong with an object, in the order of its fields' checks; empty where it is valid.
   */
  public static List<FieldError> check(ResourceDefinition resource, JsonNode object) {
    Report report = new Report();
    MetadataRules.check(object.path("metadata"), "metadata", report);
    JsonNode spec = object.path("spec");
    switch (resource.groupResource().toString()) {
      case "pods" -> PodRules.pod(object, report);
      case "deployments.apps" -> WorkloadRules.deployment(spec, report);
      case "replicasets.apps" -> WorkloadRules.replicaSet(spec, report);
      case "services" -> ServiceRules.service(spec, report);
      case "endpoints" -> EndpointRules.endpoints(object, report);
      case "endpointslices.discovery.k8s.io" -> EndpointRules.slice(object, report);
      case "configmaps" -> DataRules.configMap(object, report);
      case "secrets" -> DataRules.secret(object, report);
      case "nodes" -> NodeRules.node(object, report);
      case "runtimeclasses.node.k8s.io" -> NodeRules.runtimeClass(object, report);
      case "leases.coordination.k8s.io" -> EventRules.lease(spec, report);
      case "events" -> EventRules.event(object, report);
      case "namespaces" -> MetadataRules.finalizers(spec.path("finalizers"), "spec", report);
      case "roles.rbac.authorization.k8s.io" -> RoleRules.role(object, report);
      case "clusterroles.rbac.authorization.k8s.io" -> RoleRules.clusterRole(object, report);
      case "rolebindings.rbac.authorization.k8s.io" -> RoleRules.binding(object, true, report);
      case "clusterrolebindings.rbac.authorization.k8s.io" ->
          RoleRules.binding(object, false, report);
      case "serviceaccounts" -> {}
      default -> SchemaValidator.check(resource, object).missing().forEach(report::add);
    }
    return List.copyOf(report.errors());
  }

  /** A template of pods, for kinds that make them. */
  public static List<FieldError> podTemplate(JsonNode template, String path) {
    Report report = new Report();
    PodRules.template(template, path, report);
    return List.copyOf(report.errors());
  }
}
