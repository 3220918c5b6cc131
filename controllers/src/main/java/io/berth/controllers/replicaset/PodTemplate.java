package io.berth.controllers.replicaset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.controllers.object.OwnerReference;

/** Makes pods from a template. */
final class PodTemplate {
  private PodTemplate() {}

  /**
   * A pod of the set under a name of its own. The name is chosen here and not by the server, so
   * that a creation whose answer was lost can be repeated without making a second pod.
   */
  static ObjectNode pod(ReplicaSetFacts set, String name) {
    JsonNode metadata = set.template().path("metadata");
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode meta = pod.putObject("metadata");
    meta.put("name", name).put("generateName", prefix(set)).put("namespace", set.namespace());
    for (String field : new String[] {"labels", "annotations", "finalizers"}) {
      if (!metadata.path(field).isEmpty()) {
        meta.set(field, metadata.get(field).deepCopy());
      }
    }
    meta.putArray("ownerReferences")
        .add(OwnerReference.controllerOf(Resources.REPLICA_SETS, set.object()).tree());
    pod.set("spec", set.template().path("spec").deepCopy());
    return pod;
  }

  static String prefix(ReplicaSetFacts set) {
    return set.name() + "-";
  }
}
