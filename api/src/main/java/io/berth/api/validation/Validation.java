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
      case "statefulsets.apps" -> WorkloadRules.statefulSet(spec, report);
      case "daemonsets.apps" -> WorkloadRules.daemonSet(spec, report);
      case "replicationcontrollers" -> WorkloadRules.replicationController(spec, report);
      case "jobs.batch" -> BatchRules.job(spec, report);
      case "cronjobs.batch" -> BatchRules.cronJob(spec, report);
      case "podtemplates" -> PodRules.template(object.path("template"), "template", report);
      case "serviceaccounts" -> {}
      default -> others(resource, object, spec, report);
    }
    return List.copyOf(report.errors());
  }

  /** What is wrong with the metadata of an object of any kind, its name left out. */
  public static List<FieldError> metadata(JsonNode object) {
    Report report = new Report();
    MetadataRules.check(object.path("metadata"), "metadata", report);
    return List.copyOf(report.errors());
  }

  private static void others(
      ResourceDefinition resource, JsonNode object, JsonNode spec, Report report) {
    switch (resource.groupResource().toString()) {
      case "persistentvolumes" -> StorageRules.volume(spec, report);
      case "persistentvolumeclaims" -> StorageRules.claim(spec, report);
      case "storageclasses.storage.k8s.io" -> StorageRules.storageClass(object, report);
      case "volumeattributesclasses.storage.k8s.io" -> StorageRules.attributesClass(object, report);
      case "volumeattachments.storage.k8s.io" -> StorageRules.attachment(spec, report);
      case "csinodes.storage.k8s.io" -> StorageRules.node(spec, report);
      case "ingresses.networking.k8s.io" -> NetworkRules.ingress(spec, report);
      case "ingressclasses.networking.k8s.io" -> NetworkRules.ingressClass(spec, report);
      case "networkpolicies.networking.k8s.io" -> NetworkRules.policy(spec, report);
      case "servicecidrs.networking.k8s.io" -> NetworkRules.serviceCidr(spec, report);
      case "ipaddresses.networking.k8s.io" -> NetworkRules.address(spec, report);
      case "poddisruptionbudgets.policy" -> PolicyRules.disruptionBudget(spec, report);
      case "podgroups.scheduling.k8s.io" -> GroupRules.podGroup(object, report);
      case "workloads.scheduling.k8s.io" -> GroupRules.workload(object, report);
      case "priorityclasses.scheduling.k8s.io" -> PolicyRules.priorityClass(object, report);
      case "resourcequotas" -> QuotaRules.check(spec, report);
      case "limitranges" -> PolicyRules.limitRange(spec, report);
      case "flowschemas.flowcontrol.apiserver.k8s.io" -> PolicyRules.flowSchema(spec, report);
      case "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io" ->
          PolicyRules.priorityLevel(object, report);
      case "certificatesigningrequests.certificates.k8s.io" ->
          CertificateRules.request(spec, report);
      case "mutatingwebhookconfigurations.admissionregistration.k8s.io",
          "validatingwebhookconfigurations.admissionregistration.k8s.io" ->
          AdmissionRules.webhooks(object, report);
      case "validatingadmissionpolicies.admissionregistration.k8s.io" ->
          AdmissionPolicyRules.validating(object, report);
      case "validatingadmissionpolicybindings.admissionregistration.k8s.io" ->
          AdmissionPolicyRules.validatingBinding(spec, report);
      case "mutatingadmissionpolicies.admissionregistration.k8s.io" ->
          AdmissionPolicyRules.mutating(spec, report);
      case "mutatingadmissionpolicybindings.admissionregistration.k8s.io" ->
          AdmissionPolicyRules.mutatingBinding(spec, report);
      case "apiservices.apiregistration.k8s.io" -> ApiServiceRules.check(object, report);
      default -> SchemaValidator.check(resource, object).missing().forEach(report::add);
    }
  }

  /** A template of pods, for kinds that make them. */
  public static List<FieldError> podTemplate(JsonNode template, String path) {
    Report report = new Report();
    PodRules.template(template, path, report);
    return List.copyOf(report.errors());
  }
}
