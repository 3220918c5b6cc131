package io.berth.controllers.replicaset;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.LabelSelector;
import io.berth.controllers.object.OwnerReference;
import io.berth.controllers.object.Reading;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What the controller looks at in a ReplicaSet, read once a version. Immutable; the trees must not
 * be changed.
 *
 * @param controller who controls it, or null
 * @param selector never matches everything by accident: absent matches nothing
 */
record ReplicaSetFacts(
    ApiObject object,
    @Nullable OwnerReference controller,
    LabelSelector selector,
    int replicas,
    int minReadySeconds,
    long generation,
    JsonNode template,
    SortedMap<String, String> templateLabels,
    JsonNode status) {
  static ReplicaSetFacts of(ApiObject object) {
    JsonNode tree = object.tree();
    JsonNode spec = tree.path("spec");
    return new ReplicaSetFacts(
        object,
        OwnerReference.controller(tree).orElse(null),
        LabelSelector.of(spec.get("selector")),
        spec.path("replicas").asInt(1),
        spec.path("minReadySeconds").asInt(),
        tree.path("metadata").path("generation").asLong(),
        spec.path("template"),
        Reading.strings(spec.path("template").path("metadata").path("labels")),
        tree.path("status"));
  }

  String uid() {
    return object.header().uid();
  }

  String namespace() {
    return object.key().namespace();
  }

  String name() {
    return object.key().name();
  }

  boolean deleting() {
    return object.header().deleting();
  }

  boolean selects(Map<String, String> labels) {
    return selector.matches(labels);
  }
}
