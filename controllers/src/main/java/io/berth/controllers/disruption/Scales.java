package io.berth.controllers.disruption;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.client.Informer;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.object.OwnerReference;
import io.berth.controllers.object.PodFacts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * How many pods there should be, by what controls them: a ReplicaSet by its Deployment where it has
 * one, anything else that can be scaled by its {@code scale}.
 */
final class Scales {
  private final ControllerContext context;
  private final Supplier<List<ResourceDefinition>> resources;
  private final Informer replicaSets;
  private final Informer deployments;

  Scales(ControllerContext context, Supplier<List<ResourceDefinition>> resources) {
    this.context = context;
    this.resources = resources;
    this.replicaSets = context.informers().of(Resources.REPLICA_SETS);
    this.deployments = context.informers().of(Resources.DEPLOYMENTS);
  }

  /** Tells of changes of what most pods are controlled by. */
  void onChange(Consumer<ApiObject> changed) {
    Changes.each(replicaSets, changed);
    Changes.each(deployments, changed);
  }

  /**
   * The replicas of all that control the pods, each once. Pods that nothing controls do not count.
   *
   * @throws NoScaleException what controls a pod is gone, or cannot be scaled
   */
  int of(List<PodFacts> pods) throws NoScaleException {
    Map<String, Integer> byUid = new HashMap<>();
    for (PodFacts pod : pods) {
      OwnerReference controller = pod.controller();
      if (controller != null && !byUid.containsKey(controller.uid())) {
        add(pod, controller, byUid);
      }
    }
    return byUid.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** A ReplicaSet of a Deployment is counted as 0 beside its Deployment. */
  private void add(PodFacts pod, OwnerReference controller, Map<String, Integer> byUid)
      throws NoScaleException {
    if (!isReplicaSet(controller)) {
      byUid.put(controller.uid(), scale(pod, controller));
      return;
    }
    ApiObject replicaSet = found(replicaSets, pod, controller);
    Optional<OwnerReference> above = OwnerReference.controller(replicaSet.tree());
    if (above.isPresent() && above.get().kind().equals("Deployment")) {
      byUid.put(above.get().uid(), replicas(found(deployments, pod, above.get()).tree()));
      byUid.put(controller.uid(), 0);
    } else {
      byUid.put(controller.uid(), replicas(replicaSet.tree()));
    }
  }

  private static boolean isReplicaSet(OwnerReference owner) {
    return owner.kind().equals("ReplicaSet") && owner.apiVersion().startsWith("apps/");
  }

  private static int replicas(JsonNode owner) {
    return owner.path("spec").path("replicas").asInt(1);
  }

  private static ApiObject found(Informer informer, PodFacts pod, OwnerReference owner)
      throws NoScaleException {
    return informer
        .get(pod.namespace(), owner.name())
        .filter(object -> object.header().uid().equals(owner.uid()))
        .orElseThrow(() -> none(pod));
  }

  private static NoScaleException none(PodFacts pod) {
    return new NoScaleException("found no controllers for pod \"" + pod.name() + "\"");
  }

  private int scale(PodFacts pod, OwnerReference owner) throws NoScaleException {
    ResourceDefinition resource = resource(pod, owner);
    if (!resource.hasSubresource("scale")) {
      throw new NoScaleException(
          resource.groupResource() + " does not implement the scale subresource");
    }
    String path = resource.path(pod.namespace(), owner.name(), "scale");
    try {
      JsonNode scale = Json.parse(context.client().send(ApiRequest.get(path)).orThrow().body());
      if (!scale.path("metadata").path("uid").asText().equals(owner.uid())) {
        throw none(pod);
      }
      return scale.path("spec").path("replicas").asInt(0);
    } catch (ApiException e) {
      if (e.isNotFound()) {
        throw none(pod);
      }
      throw e;
    }
  }

  private ResourceDefinition resource(PodFacts pod, OwnerReference owner) throws NoScaleException {
    int slash = owner.apiVersion().indexOf('/');
    String group = slash < 0 ? "" : owner.apiVersion().substring(0, slash);
    return resources.get().stream()
        .filter(r -> r.group().equals(group) && r.kind().equals(owner.kind()))
        .findFirst()
        .orElseThrow(() -> none(pod));
  }
}
