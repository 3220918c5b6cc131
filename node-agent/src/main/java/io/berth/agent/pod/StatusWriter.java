package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import io.berth.client.BackOff;
import io.berth.client.Outcome;
import io.berth.client.PatchType;
import io.berth.client.ReconcileLoop;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes pods' status to the API: the newest of each pod, one patch of what differs, nothing where
 * nothing does. While the API cannot be reached the newest waits. Safe for use by many threads.
 */
final class StatusWriter implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StatusWriter.class);
  private static final BackOff BACK_OFF =
      new BackOff(Duration.ofMillis(100), Duration.ofSeconds(10));
  private static final int WORKERS = 16;

  /** Fields of the status that this agent writes. */
  private static final List<String> FIELDS =
      List.of(
          "observedGeneration",
          "phase",
          "conditions",
          "message",
          "reason",
          "hostIP",
          "hostIPs",
          "podIP",
          "podIPs",
          "startTime",
          "initContainerStatuses",
          "containerStatuses",
          "ephemeralContainerStatuses");

  /** Where the agent has none, there never were such containers. */
  private static final Set<String> KEPT =
      Set.of("initContainerStatuses", "ephemeralContainerStatuses");

  /** A pod's newest status; guarded by itself while it is written. */
  private static final class Entry {
    volatile @Nullable ObjectNode wanted;
    @Nullable ApiObject written;
    int failures;
  }

  private final ApiClient client;
  private final Function<PodId, Optional<ApiObject>> informed;
  private final Map<PodId, Entry> entries = new ConcurrentHashMap<>();
  private final ReconcileLoop<PodId> loop;

  StatusWriter(
      ApiClient client,
      Environment environment,
      MeterRegistry registry,
      Function<PodId, Optional<ApiObject>> informed) {
    this.client = client;
    this.informed = informed;
    this.loop = new ReconcileLoop<>("pod-status", environment, WORKERS, this::reconcile, registry);
  }

  void start() {
    loop.start();
  }

  /** Writes the status soon. */
  void offer(PodId id, ObjectNode status) {
    entry(id).wanted = status;
    loop.add(id);
  }

  /** Writes the status after a while, unless a newer one comes before. */
  void offerLater(PodId id, ObjectNode status, Duration delay) {
    entry(id).wanted = status;
    loop.addAfter(id, delay);
  }

  /** Writes the status before it returns. */
  void writeNow(PodId id, ObjectNode status) {
    Entry entry = entry(id);
    entry.wanted = status;
    write(id, entry);
  }

  void forget(PodId id) {
    entries.remove(id);
  }

  private Entry entry(PodId id) {
    return entries.computeIfAbsent(id, i -> new Entry());
  }

  private Outcome reconcile(PodId id) {
    Entry entry = entries.get(id);
    if (entry == null) {
      return Outcome.done();
    }
    try {
      write(id, entry);
      entry.failures = 0;
      return Outcome.done();
    } catch (ApiException | ApiUnavailableException e) {
      Duration delay = BACK_OFF.delay(++entry.failures);
      log.warn(
          "status not written pod={} retryMillis={} error={}",
          id,
          delay.toMillis(),
          e.getMessage());
      return Outcome.again(delay);
    }
  }

  private void write(PodId id, Entry entry) {
    synchronized (entry) {
      ObjectNode wanted = entry.wanted;
      ApiObject current = newest(id, entry);
      if (wanted == null || current == null) {
        return;
      }
      ObjectNode patch = patch(current.tree().path("status"), wanted);
      if (patch.isEmpty()) {
        return;
      }
      ObjectNode body = Json.object();
      body.putObject("metadata").put("uid", id.uid());
      body.set("status", patch);
      try {
        entry.written =
            client.patch(
                Resources.PODS,
                id.namespace(),
                id.name(),
                "status",
                PatchType.STRATEGIC_MERGE,
                body);
        log.debug("status written pod={} phase={}", id, wanted.path("phase").asText());
      } catch (ApiException e) {
        if (!e.isNotFound() && !e.isConflict()) {
          throw e;
        }
        entry.wanted = null; // the pod is gone, or another has its name
      }
    }
  }

  private @Nullable ApiObject newest(PodId id, Entry entry) {
    ApiObject seen = informed.apply(id).orElse(null);
    ApiObject written = entry.written;
    if (seen == null || written == null) {
      return seen;
    }
    return seen.header().revision() >= written.header().revision() ? seen : written;
  }

  /** The fields that differ, conditions by their type, null for those that are to go. Pure. */
  static ObjectNode patch(JsonNode current, ObjectNode wanted) {
    ObjectNode patch = Json.object();
    for (String field : FIELDS) {
      JsonNode now = current.path(field);
      JsonNode then = wanted.path(field);
      if (field.equals("conditions")) {
        ArrayNode changed = changedConditions(now, then);
        if (!changed.isEmpty()) {
          patch.set(field, changed);
        }
      } else if (then.isMissingNode()) {
        if (!now.isMissingNode() && !KEPT.contains(field)) {
          patch.putNull(field);
        }
      } else if (!equal(now, then)) {
        patch.set(field, field.equals("podIPs") ? replacing(now, then) : then);
      }
    }
    return patch;
  }

  /** Addresses merge by themselves: old ones must be told to go. */
  private static JsonNode replacing(JsonNode now, JsonNode then) {
    if (now.isMissingNode() || now.isEmpty()) {
      return then;
    }
    ArrayNode list = Json.mapper().createArrayNode();
    list.addObject().put("$patch", "replace");
    then.forEach(list::add);
    return list;
  }

  private static ArrayNode changedConditions(JsonNode now, JsonNode then) {
    ArrayNode changed = Json.mapper().createArrayNode();
    for (JsonNode condition : then) {
      JsonNode old = Json.object();
      for (JsonNode other : now) {
        old = other.path("type").equals(condition.path("type")) ? other : old;
      }
      if (!equal(old, condition)) {
        ObjectNode full = condition.deepCopy();
        for (String gone : new String[] {"reason", "message"}) {
          if (old.has(gone) && !full.has(gone)) {
            full.putNull(gone);
          }
        }
        changed.add(full);
      }
    }
    return changed;
  }

  /** Equal but for explicit nulls and empty objects, which a server may drop. */
  private static boolean equal(JsonNode a, JsonNode b) {
    return normal(a).equals(normal(b));
  }

  private static JsonNode normal(JsonNode node) {
    if (node instanceof ObjectNode object) {
      ObjectNode copy = Json.object();
      object
          .properties()
          .forEach(
              e -> {
                JsonNode value = normal(e.getValue());
                boolean nothing = value.isNull() || (value.isObject() && value.isEmpty());
                if (!nothing) {
                  copy.set(
                      e.getKey(),
                      value.isNumber()
                          ? Json.mapper().getNodeFactory().textNode(value.asText())
                          : value);
                }
              });
      return copy;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode copy = Json.mapper().createArrayNode();
      array.forEach(item -> copy.add(normal(item)));
      return copy;
    }
    return node.isNumber() ? Json.mapper().getNodeFactory().textNode(node.asText()) : node;
  }

  @Override
  public void close() {
    loop.close();
  }
}
