package io.berth.api.apply;

import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schemas;
import java.util.Set;

/**
 * Fields that are part of their object, so that an empty one and a missing one are the same: nobody
 * owns that they are there. Read off what Kubernetes' own clients send for an empty object of each
 * kind.
 */
final class EmbeddedFields {
  /** Of every built-in type. */
  private static final Set<String> ANYWHERE = Set.of("metadata", "spec", "status");

  private static final Set<String> OF_TYPES =
      Set.of(
          "admissionregistration.v1.MutatingWebhook.clientConfig",
          "admissionregistration.v1.ValidatingWebhook.clientConfig",
          "apiextensions.v1.CustomResourceDefinitionSpec.names",
          "apiextensions.v1.CustomResourceDefinitionStatus.acceptedNames",
          "apps.v1.DaemonSetSpec.template",
          "apps.v1.DaemonSetSpec.updateStrategy",
          "apps.v1.DeploymentSpec.strategy",
          "apps.v1.DeploymentSpec.template",
          "apps.v1.ReplicaSetSpec.template",
          "apps.v1.StatefulSetSpec.template",
          "apps.v1.StatefulSetSpec.updateStrategy",
          "autoscaling.v1.HorizontalPodAutoscalerSpec.scaleTargetRef",
          "autoscaling.v2.HorizontalPodAutoscalerSpec.scaleTargetRef",
          "batch.v1.CronJobSpec.jobTemplate",
          "batch.v1.JobSpec.template",
          "core.v1.Binding.target",
          "core.v1.Container.resources",
          "core.v1.ContainerStatus.lastState",
          "core.v1.ContainerStatus.state",
          "core.v1.EphemeralContainer.resources",
          "core.v1.Event.eventTime",
          "core.v1.Event.firstTimestamp",
          "core.v1.Event.involvedObject",
          "core.v1.Event.lastTimestamp",
          "core.v1.Event.reportingComponent",
          "core.v1.Event.reportingInstance",
          "core.v1.Event.source",
          "core.v1.NodeDaemonEndpoints.kubeletEndpoint",
          "core.v1.NodeStatus.daemonEndpoints",
          "core.v1.NodeStatus.nodeInfo",
          "core.v1.PersistentVolumeClaimSpec.resources",
          "core.v1.PodSpec.containers",
          "core.v1.PodTemplate.template",
          "core.v1.ServiceStatus.loadBalancer",
          "discovery.v1.EndpointSlice.endpoints",
          "discovery.v1.EndpointSlice.ports",
          "events.v1.Event.deprecatedSource",
          "events.v1.Event.regarding",
          "flowcontrol.v1.FlowSchemaSpec.priorityLevelConfiguration",
          "flowcontrol.v1.LimitedPriorityLevelConfiguration.limitResponse",
          "networking.v1.IngressServiceBackend.port",
          "networking.v1.IngressStatus.loadBalancer",
          "rbac.v1.ClusterRole.rules",
          "rbac.v1.ClusterRoleBinding.roleRef",
          "rbac.v1.Role.rules",
          "rbac.v1.RoleBinding.roleRef",
          "resource.v1.ResourceClaimSpec.devices",
          "resource.v1.ResourceSliceSpec.pool",
          "storage.v1.VolumeAttachmentSpec.source");

  private EmbeddedFields() {}

  /** Custom objects have no such fields: what of them is there was set by somebody. */
  @SuppressWarnings("ReferenceEquality") // a custom type may bear a built-in one's name
  static boolean contains(ObjectType parent, Field field) {
    if (Schemas.find(parent.name()).orElse(null) != parent) {
      return false;
    }
    return (ANYWHERE.contains(field.name()) && field.type() instanceof ObjectType)
        || OF_TYPES.contains(parent.name() + "." + field.name());
  }
}
