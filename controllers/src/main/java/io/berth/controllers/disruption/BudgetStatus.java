package io.berth.controllers.disruption;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.controllers.object.PodFacts;
import io.berth.controllers.object.Reading;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The status of a disruption budget, and when it is to be looked at again though nothing happened.
 * Pure.
 */
record BudgetStatus(ObjectNode tree, @Nullable Duration recheck) {
  /** An eviction after which the pod is still there for so long has not come about. */
  static final Duration EVICTED_WITHIN = Duration.ofMinutes(2);

  private static final String ALLOWED = "DisruptionAllowed";

  /** Whether what it wants is a part of how many pods there should be. */
  static boolean asksForScale(JsonNode budget) {
    JsonNode spec = budget.path("spec");
    return spec.hasNonNull("maxUnavailable") || spec.path("minAvailable").isTextual();
  }

  /**
   * @param pods those that the budget selects
   * @param expected how many there should be
   */
  static BudgetStatus of(JsonNode budget, List<PodFacts> pods, int expected, Instant now) {
    Map<String, PodFacts> byName = new HashMap<>();
    pods.forEach(pod -> byName.put(pod.name(), pod));
    ObjectNode disrupted = Json.object();
    Duration recheck = null;
    for (var entry : budget.path("status").path("disruptedPods").properties()) {
      Instant until = until(entry.getValue());
      PodFacts pod = byName.get(entry.getKey());
      boolean stays = pod != null && !pod.object().header().deleting();
      if (stays && until.isAfter(now)) {
        disrupted.set(entry.getKey(), entry.getValue());
        Duration left = Duration.between(now, until);
        recheck = recheck == null || left.compareTo(recheck) < 0 ? left : recheck;
      }
    }
    int healthy =
        (int)
            pods.stream()
                .filter(pod -> pod.ready() && !pod.object().header().deleting())
                .filter(pod -> !disrupted.has(pod.name()))
                .count();
    int desired = desired(budget.path("spec"), expected);
    int allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
    ObjectNode status = Json.object();
    condition(
        budget, status, allowed > 0, allowed > 0 ? "SufficientPods" : "InsufficientPods", "", now);
    status.put("currentHealthy", healthy).put("desiredHealthy", desired);
    if (!disrupted.isEmpty()) {
      status.set("disruptedPods", disrupted);
    }
    status.put("disruptionsAllowed", allowed).put("expectedPods", expected);
    status.put("observedGeneration", budget.path("metadata").path("generation").asLong());
    return new BudgetStatus(read(status), recheck);
  }

  private static Instant until(JsonNode evicted) {
    Instant at = Reading.time(evicted);
    return (at == null ? Instant.EPOCH : at).plus(EVICTED_WITHIN);
  }

  /** Nothing may be evicted while nobody knows how many pods there should be. */
  static ObjectNode failed(JsonNode budget, String message, Instant now) {
    ObjectNode status =
        budget.path("status") instanceof ObjectNode known ? known.deepCopy() : Json.object();
    condition(budget, status, false, "SyncFailed", message, now);
    for (String count : List.of("currentHealthy", "desiredHealthy", "expectedPods")) {
      status.put(count, status.path(count).asInt());
    }
    status.put("disruptionsAllowed", 0);
    return read(status);
  }

  /** Read back, so that a number is of one type whether it was computed or parsed. */
  private static ObjectNode read(ObjectNode status) {
    return (ObjectNode) Json.parse(Json.bytes(status));
  }

  private static int desired(JsonNode spec, int expected) {
    if (spec.hasNonNull("maxUnavailable")) {
      return Math.max(0, expected - resolve(spec.path("maxUnavailable"), expected));
    }
    return spec.hasNonNull("minAvailable") ? resolve(spec.path("minAvailable"), expected) : 0;
  }

  /** A number, or a percentage of the pods rounded up. */
  private static int resolve(JsonNode value, int expected) {
    if (!value.isTextual()) {
      return value.asInt();
    }
    String text = value.asText();
    int percent = Integer.parseInt(text.substring(0, text.length() - 1)); // as validation demands
    return Math.ceilDiv(percent * expected, 100);
  }

  private static void condition(
      JsonNode budget,
      ObjectNode status,
      boolean allowed,
      String reason,
      String message,
      Instant now) {
    String word = allowed ? "True" : "False";
    JsonNode before = Reading.condition(budget.path("status").path("conditions"), ALLOWED);
    String since =
        before.path("status").asText().equals(word)
            ? before.path("lastTransitionTime").asText()
            : now.truncatedTo(ChronoUnit.SECONDS).toString();
    status
        .putArray("conditions")
        .addObject()
        .put("lastTransitionTime", since)
        .put("message", message)
        .put("observedGeneration", budget.path("metadata").path("generation").asLong())
        .put("reason", reason)
        .put("status", word)
        .put("type", ALLOWED);
  }
}
