package io.berth.controllers.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.LabelSelector;
import io.berth.controllers.object.Reading;
import java.util.SortedMap;

/**
 * What the controller looks at in a Deployment, read once a version. Immutable; the trees must not
 * be changed.
 *
 * @param maxSurge how many pods above {@code replicas} a rolling update may have, in pods; 0 where
 *     the strategy is another
 * @param maxUnavailable how many pods below {@code replicas} a rolling update may have available,
 *     in pods; 0 where the strategy is another
 * @param revisionHistoryLimit how many old ReplicaSets are kept; {@link Integer#MAX_VALUE} for all
 * @param progressDeadlineSeconds {@link Integer#MAX_VALUE} for none
 */
record DeploymentFacts(
    ApiObject object,
    JsonNode selectorTree,
    LabelSelector selector,
    int replicas,
    int minReadySeconds,
    boolean recreate,
    int maxSurge,
    int maxUnavailable,
    boolean paused,
    int revisionHistoryLimit,
    int progressDeadlineSeconds,
    long generation,
    SortedMap<String, String> annotations,
    JsonNode template,
    JsonNode status) {
  static DeploymentFacts of(ApiObject object) {
    JsonNode tree = object.tree();
    JsonNode spec = tree.path("spec");
    JsonNode rolling = spec.path("strategy").path("rollingUpdate");
    boolean recreate = spec.path("strategy").path("type").asText().equals("Recreate");
    int replicas = spec.path("replicas").asInt(1);
    Bounds bounds =
        recreate
            ? new Bounds(0, 0)
            : Bounds.of(rolling.path("maxSurge"), rolling.path("maxUnavailable"), replicas);
    return new DeploymentFacts(
        object,
        spec.path("selector"),
        LabelSelector.of(spec.get("selector")),
        replicas,
        spec.path("minReadySeconds").asInt(),
        recreate,
        bounds.surge(),
        bounds.unavailable(),
        spec.path("paused").asBoolean(),
        spec.path("revisionHistoryLimit").asInt(10),
        spec.path("progressDeadlineSeconds").asInt(600),
        tree.path("metadata").path("generation").asLong(),
        Reading.strings(tree.path("metadata").path("annotations")),
        spec.path("template"),
        tree.path("status"));
  }

  String uid() {
    return object.header().uid();
  }

  String name() {
    return object.key().name();
  }

  String namespace() {
    return object.key().namespace();
  }

  boolean deleting() {
    return object.header().deleting();
  }

  boolean hasProgressDeadline() {
    return progressDeadlineSeconds != Integer.MAX_VALUE;
  }
}
