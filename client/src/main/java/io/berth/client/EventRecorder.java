package io.berth.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Events about objects. An event that repeats within the memory of the last {@value
 * #REMEMBERED} ones raises its count instead of being written anew. Never blocks its caller: events
 * wait in a queue of at most {@value #QUEUE} and are written one after the other, so that a burst
 * of them leaves the server to what is urgent. What comes when the queue is full is dropped and
 * counted, for events are there to help people and nothing depends on them; the log says when it
 * begins and, once the queue is empty, how many it were. Safe for use by many threads.
 */
public final class EventRecorder {
  static final int REMEMBERED = 2_048;
  static final int QUEUE = 32_768;
  private static final int MAX_MESSAGE = 1_024;
  private static final Logger log = LoggerFactory.getLogger(EventRecorder.class);

  private record Entry(
      ObjectKey about,
      String uid,
      String version,
      String type,
      String reason,
      String message,
      Instant at) {
    Repeat repeat() {
      return new Repeat(about, uid, type, reason, message);
    }
  }

  private record Repeat(ObjectKey about, String uid, String type, String reason, String message) {}

  private record Written(String namespace, String name, int count) {}

  private final ApiClient client;
  private final Environment environment;
  private final String component;
  private final String host;
  private final Queue<Entry> queue = new ArrayDeque<>();
  private boolean draining;
  private long dropped;
  private long droppedAndTold;

  /** Only the draining task touches it. */
  private final Map<Repeat, Written> remembered =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Repeat, Written> eldest) {
          return size() > REMEMBERED;
        }
      };

  /**
   * @param component the source, such as {@code default-scheduler} or {@code kubelet}
   * @param host the node it runs on, or empty
   */
  public EventRecorder(ApiClient client, Environment environment, String component, String host) {
    this.client = client;
    this.environment = environment;
    this.component = component;
    this.host = host;
  }

  /**
   * @param type {@code Normal} or {@code Warning}
   * @param reason CamelCase, for programs
   * @param message for people; cut at {@value #MAX_MESSAGE} characters
   */
  public void event(ApiObject about, String type, String reason, String message) {
    String text =
        message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE - 3) + "...";
    Instant now = environment.clock().now().truncatedTo(ChronoUnit.SECONDS);
    String version = Long.toString(about.header().revision());
    Entry entry = new Entry(about.key(), about.header().uid(), version, type, reason, text, now);
    synchronized (this) {
      if (queue.size() >= QUEUE) {
        if (dropped++ == droppedAndTold) {
          log.warn("events dropped: the queue is full object={} reason={}", about.key(), reason);
        }
        return;
      }
      queue.add(entry);
      if (draining) {
        return;
      }
      draining = true;
    }
    environment.executor().execute(this::drain);
  }

  /** How many events were dropped because too many waited. */
  public synchronized long dropped() {
    return dropped;
  }

  private void drain() {
    Entry entry;
    while ((entry = next()) != null) {
      try {
        write(entry);
      } catch (ApiException | ApiUnavailableException e) {
        log.warn(
            "event lost object={} reason={} error={}",
            entry.about(),
            entry.reason(),
            e.getMessage());
      }
    }
  }

  private synchronized @Nullable Entry next() {
    Entry entry = queue.poll();
    draining = entry != null;
    if (!draining && dropped > droppedAndTold) {
      log.warn("events dropped count={}", dropped - droppedAndTold);
      droppedAndTold = dropped;
    }
    return entry;
  }

  private void write(Entry entry) {
    Written before = remembered.get(entry.repeat());
    if (before != null && raise(before, entry)) {
      return;
    }
    String namespace = entry.about().namespace().isEmpty() ? "default" : entry.about().namespace();
    String suffix = HexFormat.of().toHexDigits(environment.random().nextLong());
    String name = entry.about().name() + "." + suffix;
    client.create(Resources.EVENTS, namespace, body(entry, namespace, name));
    remembered.put(entry.repeat(), new Written(namespace, name, 1));
  }

  private boolean raise(Written before, Entry entry) {
    ObjectNode patch = Json.object().put("count", before.count() + 1);
    patch.put("lastTimestamp", entry.at().toString());
    try {
      client.patch(
          Resources.EVENTS, before.namespace(), before.name(), null, PatchType.MERGE, patch);
    } catch (ApiException e) {
      if (e.isNotFound()) {
        return false; // its hour is over: it is written anew
      }
      throw e;
    }
    Written now = new Written(before.namespace(), before.name(), before.count() + 1);
    remembered.put(entry.repeat(), now);
    return true;
  }

  private ObjectNode body(Entry entry, String namespace, String name) {
    ResourceDefinition resource =
        Resources.find(entry.about().resource())
            .orElseThrow(() -> new IllegalArgumentException("unknown resource " + entry.about()));
    ObjectNode event = Json.object().put("apiVersion", "v1").put("kind", "Event");
    event.putObject("metadata").put("name", name).put("namespace", namespace);
    ObjectNode involved = event.putObject("involvedObject");
    involved.put("apiVersion", resource.apiVersion()).put("kind", resource.kind());
    if (!entry.about().namespace().isEmpty()) {
      involved.put("namespace", entry.about().namespace());
    }
    involved.put("name", entry.about().name()).put("uid", entry.uid());
    involved.put("resourceVersion", entry.version());
    event.put("reason", entry.reason()).put("message", entry.message()).put("type", entry.type());
    ObjectNode source = event.putObject("source").put("component", component);
    if (!host.isEmpty()) {
      source.put("host", host);
    }
    String at = entry.at().toString();
    event.put("firstTimestamp", at).put("lastTimestamp", at).put("count", 1);
    return event.put("reportingComponent", component).put("reportingInstance", host);
  }
}
