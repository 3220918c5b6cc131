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
      case "statefulsets.apps" -> WorkloadDefaults.statefulSet(object);
      case "daemonsets.apps" -> WorkloadDefaults.daemonSet(object);
      case "replicationcontrollers" -> WorkloadDefaults.replicationController(object);
      case "jobs.batch" -> BatchDefaults.job(object);
      case "cronjobs.batch" -> BatchDefaults.cronJob(object);
      case "services" -> ServiceDefaults.service(object);
      case "endpoints" -> ServiceDefaults.endpoints(object);
      case "endpointslices.discovery.k8s.io" -> ServiceDefaults.endpointSlice(object);
      case "namespaces" -> ObjectDefaults.namespace(object);
      case "secrets" -> ObjectDefaults.secret(object);
      case "nodes" -> ObjectDefaults.node(object);
      case "rolebindings.rbac.authorization.k8s.io",
          "clusterrolebindings.rbac.authorization.k8s.io" ->
          ObjectDefaults.binding(object);
      default -> others(resource, object);
    }
  }

  private static void others(ResourceDefinition resource, ObjectNode object) {
    switch (resource.groupResource().toString()) {
      case "horizontalpodautoscalers.autoscaling" -> PolicyDefaults.autoscaler(object);
      case "limitranges" -> PolicyDefaults.limitRange(object);
      case "resourcequotas" -> PolicyDefaults.quota(object);
      case "poddisruptionbudgets.policy" -> PolicyDefaults.disruptionBudget(object);
      case "priorityclasses.scheduling.k8s.io" -> PolicyDefaults.priorityClass(object);
      case "flowschemas.flowcontrol.apiserver.k8s.io" -> PolicyDefaults.flowSchema(object);
      case "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io" ->
          PolicyDefaults.priorityLevel(object);
      case "persistentvolumes" -> StorageDefaults.volume(object);
      case "persistentvolumeclaims" -> StorageDefaults.claim(object);
      case "storageclasses.storage.k8s.io" -> StorageDefaults.storageClass(object);
      case "csidrivers.storage.k8s.io" -> StorageDefaults.driver(object);
      case "volumeattachments.storage.k8s.io" -> StorageDefaults.attachment(object);
      case "ingresses.networking.k8s.io" -> NetworkDefaults.ingress(object);
      case "ingressclasses.networking.k8s.io" -> NetworkDefaults.ingressClass(object);
      case "networkpolicies.networking.k8s.io" -> NetworkDefaults.policy(object);
      case "resourceclaims.resource.k8s.io" -> DeviceDefaults.claim(object);
      case "resourceclaimtemplates.resource.k8s.io" -> DeviceDefaults.template(object);
      case "mutatingwebhookconfigurations.admissionregistration.k8s.io" ->
          AdmissionDefaults.mutatingWebhooks(object);
      case "validatingwebhookconfigurations.admissionregistration.k8s.io" ->
          AdmissionDefaults.validatingWebhooks(object);
      case "validatingadmissionpolicies.admissionregistration.k8s.io" ->
          AdmissionDefaults.validatingPolicy(object);
      case "mutatingadmissionpolicies.admissionregistration.k8s.io" ->
          AdmissionDefaults.policy(object);
      case "validatingadmissionpolicybindings.admissionregistration.k8s.io",
          "mutatingadmissionpolicybindings.admissionregistration.k8s.io" ->
          AdmissionDefaults.binding(object);
      case "tokenrequests.authentication.k8s.io" -> ObjectDefaults.tokenRequest(object);
      case "apiservices.apiregistration.k8s.io" -> AdmissionDefaults.apiService(object);
      case "certificatesigningrequests.certificates.k8s.io", "servicecidrs.networking.k8s.io" ->
          Unset.object(object, "status");
      default -> {} // configmaps, serviceaccounts, events, leases, runtimeclasses: none beyond
    }
  }
}
