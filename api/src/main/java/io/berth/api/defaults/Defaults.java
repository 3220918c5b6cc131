package io.berth.api.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.Normalizer;
import io.berth.api.schema.Schemas;

/**
 * The defaults that Kubernetes sets in code, so that objects read back as from it. They need
 * nothing but the object; what needs the cluster (addresses of services, service accounts of pods)
 * is its strategy's.
 */
public final class Defaults {
  private Defaults() {}

  /**
   * Brings an object of a built-in kind into the form that is stored: unknown fields and nulls
   * leave, quantities become canonical, defaults are filled. The object must have passed {@link
   * io.berth.api.schema.SchemaValidator} as to types. Changes it in place; doing it again changes
   * nothing.
   */
  public static void apply(ResourceDefinition resource, ObjectNode object) {
    Normalizer.normalize(Schemas.forResource(resource), object);
    switch (resource.groupResource().toString()) {
      case "pods" -> PodDefaults.pod(object);
      case "podtemplates" -> Unset.within(object, "template", WorkloadDefaults::template);
      case "deployments.apps" -> WorkloadDefaults.deployment(object);
      case "replicasets.apps" -> WorkloadDefaults.replicaSet(object);
      case "services" -> ServiceDefaults.service(object);
      case "endpoints" -> ServiceDefaults.endpoints(object);
      case "endpointslices.discovery.k8s.io" -> ServiceDefaults.endpointSlice(object);
      case "namespaces" -> ObjectDefaults.namespace(object);
      case "secrets" -> ObjectDefaults.secret(object);
      case "nodes" -> ObjectDefaults.node(object);
      case "rolebindings.rbac.authorization.k8s.io",
          "clusterrolebindings.rbac.authorization.k8s.io" ->
          ObjectDefaults.binding(object);
      default -> {} // configmaps, serviceaccounts, events, leases, runtimeclasses: none beyond
    }
  }
}
