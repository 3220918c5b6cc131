package io.berth.scheduler.loop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Clock;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import io.berth.client.EventRecorder;
import io.berth.client.Informer;
import io.berth.client.PatchType;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says on pod groups how they stand: in the condition {@code PodGroupScheduled}, where it is news,
 * and in events. Blocks on the API; failures are logged and dropped. Safe for use by many threads.
 */
final class GroupReporter {
  static final String UNSCHEDULABLE = "Unschedulable";
  static final String TIMED_OUT = "TimedOut";
  static final String NOT_SUPPORTED = "NotSupported";
  private static final String SCHEDULED = "Scheduled";
  private static final String DISRUPTED = "DisruptionTarget";
  private static final String TYPE = "PodGroupScheduled";
  private static final Logger log = LoggerFactory.getLogger(GroupReporter.class);

  private record Said(String reason, String message) {}

  private final ApiClient client;
  private final Informer groups;
  private final Clock clock;
  private final EventRecorder events;
  private final Map<String, Said> said = new ConcurrentHashMap<>();

  GroupReporter(ApiClient client, Informer groups, Clock clock, EventRecorder events) {
    this.client = client;
    this.groups = groups;
    this.clock = clock;
    this.events = events;
  }

  /** Whether the group's own condition says that it was placed. */
  static boolean wasScheduled(ApiObject group) {
    return condition(group).path("status").asText().equals("True");
  }

  /** Since when the group waits by its own condition; null where that does not say so. */
  static @Nullable Instant waitsSince(ApiObject group) {
    JsonNode condition = condition(group);
    try {
      return condition.path("status").asText().equals("False")
          ? Instant.parse(condition.path("lastTransitionTime").asText())
          : null;
    } catch (DateTimeParseException e) {
      return null; // somebody else's writing
    }
  }

  private static JsonNode condition(ApiObject group) {
    return condition(group, TYPE);
  }

  private static JsonNode condition(ApiObject group, String type) {
    for (JsonNode condition : group.tree().path("status").path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return Json.object();
  }

  /**
   * @param key namespace and name
   */
  void scheduled(String key) {
    ApiObject group = find(key);
    if (group != null && condition(group, DISRUPTED).path("status").asText().equals("True")) {
      disrupted(group, "False", "Scheduled", "");
    }
    write(key, new Said(SCHEDULED, ""));
  }

  /** All pods of the group are told to leave for one of higher priority. */
  void disrupted(String key, String message) {
    ApiObject group = find(key);
    if (group != null) {
      log.info("podgroup preempted podgroup={} why=\"{}\"", key, message);
      events.event(group, "Normal", "Preempted", message);
      disrupted(group, "True", "PreemptionByScheduler", message);
    }
  }

  private void disrupted(ApiObject group, String status, String reason, String message) {
    ObjectNode condition = Json.object().put("type", DISRUPTED).put("status", status);
    condition.put("reason", reason).put("message", message);
    condition.put("lastTransitionTime", now());
    patch(group, condition);
  }

  private String now() {
    return clock.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** The group waits. What was said before by another reason is told in an event too. */
  void waits(String key, String reason, String message) {
    ApiObject group = find(key);
    if (group == null) {
      return;
    }
    Said known = said.get(key);
    String before = known == null ? condition(group).path("reason").asText() : known.reason();
    if (!reason.equals(UNSCHEDULABLE) && !reason.equals(before)) {
      log.info("podgroup waits podgroup={} reason={} why=\"{}\"", key, reason, message);
      events.event(group, "Warning", reason, message);
    }
    write(key, new Said(reason, message));
  }

  private @Nullable ApiObject find(String key) {
    int slash = key.indexOf('/');
    return groups.get(key.substring(0, slash), key.substring(slash + 1)).orElse(null);
  }

  private void write(String key, Said now) {
    ApiObject group = find(key);
    if (group == null || now.equals(said.put(key, now))) {
      return;
    }
    JsonNode before = condition(group);
    String status = now.reason().equals(SCHEDULED) ? "True" : "False";
    ObjectNode condition = Json.object().put("type", TYPE).put("status", status);
    condition.put("reason", now.reason()).put("message", now.message());
    if (!before.path("status").asText().equals(status)) {
      condition.put("lastTransitionTime", now());
    }
    if (!patch(group, condition)) {
      said.remove(key);
    }
  }

  private boolean patch(ApiObject group, ObjectNode condition) {
    ObjectNode patch = Json.object();
    patch.putObject("status").putArray("conditions").add(condition);
    try {
      client.patch(
          Resources.POD_GROUPS,
          group.key().namespace(),
          group.key().name(),
          "status",
          PatchType.STRATEGIC_MERGE,
          patch);
      return true;
    } catch (ApiException | ApiUnavailableException e) {
      String key = group.key().namespacedName();
      log.warn("condition not written podgroup={} error={}", key, e.getMessage());
      return false;
    }
  }

  void forget(String key) {
    said.remove(key);
  }
}
