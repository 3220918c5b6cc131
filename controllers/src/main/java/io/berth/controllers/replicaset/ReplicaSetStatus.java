package io.berth.controllers.replicaset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Times;
import io.berth.controllers.object.PodFacts;
import io.berth.controllers.object.Reading;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Computes a ReplicaSet's status from its pods. */
final class ReplicaSetStatus {
  /**
   * Why pods could not be created or deleted.
   *
   * @param reason {@code FailedCreate} or {@code FailedDelete}
   */
  record Failure(String reason, String message) {}

  private ReplicaSetStatus() {}

  static ObjectNode of(
      ReplicaSetFacts set, List<PodFacts> pods, @Nullable Failure failure, Instant now) {
    List<PodFacts> active = pods.stream().filter(PodFacts::active).toList();
    ObjectNode status = Json.object().put("replicas", active.size());
    put(status, "fullyLabeledReplicas", fullyLabeled(set, active));
    put(status, "readyReplicas", active.stream().filter(PodFacts::ready).count());
    put(
        status,
        "availableReplicas",
        active.stream().filter(p -> p.available(set.minReadySeconds(), now)).count());
    status.put(
        "terminatingReplicas",
        (int) pods.stream().filter(p -> p.deleting() && !p.terminal()).count());
    status.put("observedGeneration", set.generation());
    ArrayNode conditions = conditions(set.status().path("conditions"), failure, now);
    if (!conditions.isEmpty()) {
      status.set("conditions", conditions);
    }
    return status;
  }

  /** Zero is told by absence, as Kubernetes writes these fields. */
  private static void put(ObjectNode status, String field, long count) {
    if (count > 0) {
      status.put(field, (int) count);
    }
  }

  private static long fullyLabeled(ReplicaSetFacts set, List<PodFacts> active) {
    return active.stream()
        .filter(pod -> pod.labels().entrySet().containsAll(set.templateLabels().entrySet()))
        .count();
  }

  private static ArrayNode conditions(JsonNode before, @Nullable Failure failure, Instant now) {
    ArrayNode conditions = Json.object().arrayNode();
    for (JsonNode condition : before) {
      if (!condition.path("type").asText().equals("ReplicaFailure")) {
        conditions.add(condition);
      }
    }
    if (failure == null) {
      return conditions;
    }
    JsonNode known = Reading.condition(before, "ReplicaFailure");
    if (known.path("reason").asText().equals(failure.reason())) {
      return conditions.add(known); // only a new reason is news
    }
    return conditions.add(
        Json.object()
            .put("type", "ReplicaFailure")
            .put("status", "True")
            .put("lastTransitionTime", Times.seconds(now))
            .put("reason", failure.reason())
            .put("message", failure.message()));
  }

  /** When the next ready pod becomes available, so that the status is to be looked at again. */
  static Optional<Duration> nextChange(ReplicaSetFacts set, List<PodFacts> pods, Instant now) {
    return pods.stream()
        .filter(PodFacts::active)
        .flatMap(pod -> pod.availableIn(set.minReadySeconds(), now).stream())
        .filter(left -> !left.isZero())
        .min(Duration::compareTo);
  }
}
