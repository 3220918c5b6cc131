package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Text;
import io.berth.api.object.Times;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.cache.CacheFollower;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.server.LocalCalls;
import io.berth.apiserver.server.Verb;
import java.util.List;

/**
 * Says in the condition {@code Dangling} of flow schemas whether the priority level that they lead
 * to is missing. Several servers may do so at once.
 */
final class FlowSchemaStatus {
  private static final String DANGLING = "Dangling";
  private static final GroupResource SCHEMAS = Resources.FLOW_SCHEMAS.groupResource();
  private static final GroupResource LEVELS = Resources.PRIORITY_LEVELS.groupResource();

  private final WatchCache cache;
  private final Environment environment;
  private final LocalCalls calls;
  private final CacheFollower follower;

  FlowSchemaStatus(WatchCache cache, Environment environment, LocalCalls calls) {
    this.cache = cache;
    this.environment = environment;
    this.calls = calls;
    this.follower = new CacheFollower(cache, environment, List.of(SCHEMAS, LEVELS), this::step);
  }

  /** Follows schemas and levels from now on. */
  void start() {
    follower.start();
  }

  void step() {
    cache.list(SCHEMAS, null).objects().forEach(this::look);
  }

  private void look(ApiObject object) {
    ObjectNode schema = (ObjectNode) object.tree();
    String level = schema.at("/spec/priorityLevelConfiguration/name").asText();
    boolean missing = cache.find(ObjectKey.of(LEVELS, "", level)).isEmpty();
    String status = missing ? "True" : "False";
    String message =
        "This FlowSchema references the PriorityLevelConfiguration object named "
            + Text.quote(level)
            + (missing ? " but there is no such object" : " and it exists");
    JsonNode conditions = schema.at("/status/conditions");
    ArrayNode next = Json.object().putArray("conditions");
    String since = Times.seconds(environment.clock().now());
    for (JsonNode condition : conditions) {
      if (!condition.path("type").asText().equals(DANGLING)) {
        next.add(condition);
      } else if (condition.path("status").asText().equals(status)) {
        if (condition.path("message").asText().equals(message)) {
          return;
        }
        since = condition.path("lastTransitionTime").asText();
      }
    }
    next.addObject()
        .put("type", DANGLING)
        .put("status", status)
        .put("lastTransitionTime", since)
        .put("reason", missing ? "NotFound" : "Found")
        .put("message", message);
    schema.withObject("/status").set("conditions", next);
    write(object.key().name(), schema);
  }

  /** Under the version that was looked at: a newer one is looked at anyway. */
  private void write(String name, ObjectNode schema) {
    String path = Resources.FLOW_SCHEMAS.path(null, name, "status");
    try {
      calls.ask(
          ApiRequest.put(path, Json.bytes(schema))
              .withHeader("user-agent", "api-priority-and-fairness-config-consumer-v1"),
          Verb.UPDATE,
          Resources.FLOW_SCHEMAS,
          "",
          name,
          "status");
    } catch (ApiException e) {
      if (!e.isConflict() && !e.isNotFound()) {
        throw e;
      }
    }
  }
}
