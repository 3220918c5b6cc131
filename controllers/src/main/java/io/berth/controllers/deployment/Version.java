package io.berth.controllers.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.LabelSelector;
import io.berth.controllers.object.OwnerReference;
import io.berth.controllers.object.Reading;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A ReplicaSet as a Deployment sees it: one version of its template. Immutable; a step makes copies
 * with the replicas that it decided on.
 *
 * @param controller who controls it, or null
 * @param replicas {@code spec.replicas}
 * @param revision the number of the rollout that last made it the newest, 0 where there is none
 */
record Version(
    ApiObject object,
    @Nullable OwnerReference controller,
    Instant created,
    int replicas,
    int minReadySeconds,
    long generation,
    long revision,
    SortedMap<String, String> annotations,
    JsonNode template,
    JsonNode status) {
  static final String REVISION = "deployment.kubernetes.io/revision";
  static final String HISTORY = "deployment.kubernetes.io/revision-history";
  static final String DESIRED = "deployment.kubernetes.io/desired-replicas";
  static final String MAX = "deployment.kubernetes.io/max-replicas";
  static final String HASH_LABEL = "pod-template-hash";

  /** Oldest first; the name decides between those of one second. */
  static final Comparator<Version> BY_AGE =
      Comparator.comparing(Version::created).thenComparing(Version::name);

  static Version of(ApiObject object) {
    JsonNode tree = object.tree();
    JsonNode spec = tree.path("spec");
    Instant created = Reading.time(tree.path("metadata").path("creationTimestamp"));
    SortedMap<String, String> annotations =
        Reading.strings(tree.path("metadata").path("annotations"));
    return new Version(
        object,
        OwnerReference.controller(tree).orElse(null),
        created == null ? Instant.EPOCH : created,
        spec.path("replicas").asInt(1),
        spec.path("minReadySeconds").asInt(),
        tree.path("metadata").path("generation").asLong(),
        number(annotations.get(REVISION)),
        annotations,
        spec.path("template"),
        tree.path("status"));
  }

  static long number(@Nullable String text) {
    try {
      return text == null || text.isEmpty() ? 0 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  String name() {
    return object.key().name();
  }

  String uid() {
    return object.header().uid();
  }

  Map<String, String> labels() {
    return object.header().labels();
  }

  boolean deleting() {
    return object.header().deleting();
  }

  boolean selectedBy(LabelSelector selector) {
    return selector.matches(labels());
  }

  int statusReplicas() {
    return status.path("replicas").asInt();
  }

  int readyReplicas() {
    return status.path("readyReplicas").asInt();
  }

  int availableReplicas() {
    return status.path("availableReplicas").asInt();
  }

  Version withReplicas(int count) {
    return new Version(
        object,
        controller,
        created,
        count,
        minReadySeconds,
        generation,
        revision,
        annotations,
        template,
        status);
  }

  Version withAnnotations(Map<String, String> changed) {
    SortedMap<String, String> sorted = new TreeMap<>(changed);
    return new Version(
        object,
        controller,
        created,
        replicas,
        minReadySeconds,
        generation,
        number(sorted.get(REVISION)),
        sorted,
        template,
        status);
  }
}
