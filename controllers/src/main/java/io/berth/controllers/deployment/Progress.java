package io.berth.controllers.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Times;
import io.berth.controllers.object.Reading;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Computes a Deployment's status: counts and the conditions that tell how a rollout fares. */
final class Progress {
  private static final String PROGRESSING = "Progressing";
  private static final String AVAILABLE = "Available";
  private static final String REPLICA_FAILURE = "ReplicaFailure";
  private static final String NEW_AVAILABLE = "NewReplicaSetAvailable";
  private static final String TIMED_OUT = "ProgressDeadlineExceeded";
  private static final String PAUSED = "DeploymentPaused";

  private final DeploymentFacts deployment;
  private final Instant now;
  private final ArrayNode conditions;

  Progress(DeploymentFacts deployment, Instant now) {
    this.deployment = deployment;
    this.now = now;
    this.conditions = Json.object().arrayNode();
    deployment.status().path("conditions").forEach(conditions::add);
  }

  /** A paused rollout neither progresses nor times out. */
  void notePause() {
    JsonNode current = Reading.condition(conditions, PROGRESSING);
    String reason = current.path("reason").asText();
    if (!deployment.hasProgressDeadline() || reason.equals(TIMED_OUT)) {
      return;
    }
    if (deployment.paused() && !reason.equals(PAUSED)) {
      set(PROGRESSING, "Unknown", PAUSED, "Deployment is paused");
    } else if (!deployment.paused() && reason.equals(PAUSED)) {
      set(PROGRESSING, "Unknown", "DeploymentResumed", "Deployment is resumed");
    }
  }

  void noteCreated(String replicaSet) {
    if (deployment.hasProgressDeadline()) {
      String message = "Created new replica set \"%s\"".formatted(replicaSet);
      set(PROGRESSING, "True", "NewReplicaSetCreated", message);
    }
  }

  void noteFound(String replicaSet) {
    if (deployment.hasProgressDeadline()
        && Reading.condition(conditions, PROGRESSING).isMissingNode()) {
      String message = "Found new replica set \"%s\"".formatted(replicaSet);
      set(PROGRESSING, "True", "FoundNewReplicaSet", message);
    }
  }

  void noteCreateFailed(String replicaSet, String error) {
    if (deployment.hasProgressDeadline()) {
      String message = "Failed to create new replica set \"%s\": %s".formatted(replicaSet, error);
      set(PROGRESSING, "False", "ReplicaSetCreateError", message);
    }
  }

  /** Counts and availability. */
  ObjectNode counted(List<Version> all, @Nullable Version newest, int collisions) {
    int replicas = all.stream().mapToInt(Version::statusReplicas).sum();
    int ready = all.stream().mapToInt(Version::readyReplicas).sum();
    int available = all.stream().mapToInt(Version::availableReplicas).sum();
    ObjectNode status = Json.object().put("observedGeneration", deployment.generation());
    put(status, "replicas", replicas);
    put(status, "updatedReplicas", newest == null ? 0 : newest.statusReplicas());
    put(status, "readyReplicas", ready);
    put(status, "availableReplicas", available);
    put(status, "unavailableReplicas", Math.max(0, replicas - available));
    status.put(
        "terminatingReplicas",
        all.stream().mapToInt(v -> v.status().path("terminatingReplicas").asInt()).sum());
    if (collisions > 0) {
      status.put("collisionCount", collisions);
    }
    if (available >= deployment.replicas() - deployment.maxUnavailable()) {
      String message = "Deployment has minimum availability.";
      set(AVAILABLE, "True", "MinimumReplicasAvailable", message);
    } else {
      String message = "Deployment does not have minimum availability.";
      set(AVAILABLE, "False", "MinimumReplicasUnavailable", message);
    }
    return status;
  }

  /** Judges the rollout by what changed against the status so far. */
  void judge(ObjectNode status, List<Version> all, @Nullable Version newest) {
    if (!deployment.hasProgressDeadline()) {
      remove(PROGRESSING);
    } else {
      judgeProgress(status, newest);
    }
    all.stream()
        .map(v -> Reading.condition(v.status().path("conditions"), REPLICA_FAILURE))
        .filter(c -> !c.isMissingNode())
        .findFirst()
        .ifPresentOrElse(this::copyFailure, () -> remove(REPLICA_FAILURE));
  }

  private void judgeProgress(ObjectNode status, @Nullable Version newest) {
    JsonNode current = Reading.condition(conditions, PROGRESSING);
    String reason = current.path("reason").asText();
    int replicas = status.path("replicas").asInt();
    if (replicas == status.path("updatedReplicas").asInt() && reason.equals(NEW_AVAILABLE)) {
      return; // complete: scaling a complete rollout is no progress
    }
    String what =
        newest == null
            ? "Deployment \"%s\"".formatted(deployment.name())
            : "ReplicaSet \"%s\"".formatted(newest.name());
    if (complete(deployment, status)) {
      set(PROGRESSING, "True", NEW_AVAILABLE, what + " has successfully progressed.");
    } else if (progressed(status)) {
      renew(what + " is progressing.");
    } else if (timedOut(current)) {
      set(PROGRESSING, "False", TIMED_OUT, what + " has timed out progressing.");
    }
  }

  static boolean complete(DeploymentFacts deployment, JsonNode status) {
    int wanted = deployment.replicas();
    return status.path("updatedReplicas").asInt() == wanted
        && status.path("replicas").asInt() == wanted
        && status.path("availableReplicas").asInt() == wanted
        && status.path("observedGeneration").asLong() >= deployment.generation();
  }

  private boolean progressed(JsonNode status) {
    JsonNode before = deployment.status();
    return grew(status, before, "updatedReplicas")
        || old(status) < old(before)
        || grew(status, before, "readyReplicas")
        || grew(status, before, "availableReplicas");
  }

  private static boolean grew(JsonNode status, JsonNode before, String field) {
    return status.path(field).asInt() > before.path(field).asInt();
  }

  private static int old(JsonNode status) {
    return status.path("replicas").asInt() - status.path("updatedReplicas").asInt();
  }

  private boolean timedOut(JsonNode progressing) {
    String reason = progressing.path("reason").asText();
    if (progressing.isMissingNode() || reason.equals(NEW_AVAILABLE)) {
      return false;
    }
    Instant since = Reading.time(progressing.path("lastUpdateTime"));
    return reason.equals(TIMED_OUT)
        || (since != null && !since.plusSeconds(deployment.progressDeadlineSeconds()).isAfter(now));
  }

  /** When the deadline passes if nothing moves until then; empty where none runs. */
  Optional<Duration> deadline(JsonNode status) {
    JsonNode progressing = Reading.condition(conditions, PROGRESSING);
    Instant since = Reading.time(progressing.path("lastUpdateTime"));
    boolean over = List.of(TIMED_OUT, PAUSED).contains(progressing.path("reason").asText());
    if (!deployment.hasProgressDeadline()
        || since == null
        || over
        || complete(deployment, status)) {
      return Optional.empty();
    }
    Duration left = Duration.between(now, since.plusSeconds(deployment.progressDeadlineSeconds()));
    // A second more, for timestamps are cut to seconds; never less, so that nothing spins.
    return Optional.of((left.isNegative() ? Duration.ZERO : left).plusSeconds(1));
  }

  ArrayNode conditions() {
    return conditions;
  }

  private void copyFailure(JsonNode failure) {
    set(
        REPLICA_FAILURE,
        failure.path("status").asText(),
        failure.path("reason").asText(),
        failure.path("message").asText());
  }

  /** Restarts the deadline: progress is news although status and reason may stay. */
  private void renew(String message) {
    JsonNode current = Reading.condition(conditions, PROGRESSING);
    JsonNode since = current.path("lastTransitionTime");
    boolean keeps = current.path("status").asText().equals("True");
    remove(PROGRESSING);
    set(PROGRESSING, "True", "ReplicaSetUpdated", message);
    if (keeps && since.isTextual()) {
      ((ObjectNode) conditions.get(conditions.size() - 1)).set("lastTransitionTime", since);
    }
  }

  /** Sets a condition unless it has that status and reason already. */
  private void set(String type, String status, String reason, String message) {
    JsonNode current = Reading.condition(conditions, type);
    boolean sameStatus = current.path("status").asText().equals(status);
    if (sameStatus && current.path("reason").asText().equals(reason)) {
      return;
    }
    String time = Times.seconds(now);
    String since = sameStatus ? current.path("lastTransitionTime").asText(time) : time;
    remove(type);
    conditions.add(
        Json.object()
            .put("type", type)
            .put("status", status)
            .put("lastUpdateTime", time)
            .put("lastTransitionTime", since)
            .put("reason", reason)
            .put("message", message));
  }

  private void remove(String type) {
    for (int i = conditions.size() - 1; i >= 0; i--) {
      if (conditions.get(i).path("type").asText().equals(type)) {
        conditions.remove(i);
      }
    }
  }

  private static void put(ObjectNode status, String field, int count) {
    if (count > 0) {
      status.put(field, count);
    }
  }
}
