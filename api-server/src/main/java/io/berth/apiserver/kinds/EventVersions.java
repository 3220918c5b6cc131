package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import io.berth.apiserver.registry.Versions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Events of {@code events.k8s.io/v1}, which are stored as the core group's: the same fields, most
 * of them under other names.
 */
final class EventVersions implements Versions {
  static final EventVersions EVENTS_GROUP = new EventVersions();

  private static final String API_VERSION = "events.k8s.io/v1";

  /** The core group's name of each field of the events group that has another one there. */
  private static final Map<String, String> CORE_NAMES =
      Map.of(
          "regarding", "involvedObject",
          "note", "message",
          "reportingController", "reportingComponent",
          "deprecatedSource", "source",
          "deprecatedFirstTimestamp", "firstTimestamp",
          "deprecatedLastTimestamp", "lastTimestamp",
          "deprecatedCount", "count");

  private static final Map<String, String> NAMES = inverse();

  private EventVersions() {}

  private static Map<String, String> inverse() {
    Map<String, String> names = new LinkedHashMap<>();
    CORE_NAMES.forEach((name, core) -> names.put(core, name));
    return names;
  }

  @Override
  public boolean plain(byte[] json) {
    return false;
  }

  @Override
  public ObjectNode requested(ObjectNode core) {
    ObjectNode event = renamed(core, NAMES, API_VERSION);
    for (String field : List.of("reportingController", "reportingInstance")) {
      if (event.path(field).asText("").isEmpty()) {
        event.remove(field); // only the core group shows them empty
      }
    }
    return event;
  }

  @Override
  public ObjectNode ruled(ObjectNode event) {
    ObjectNode core = renamed(event, CORE_NAMES, Resources.EVENTS.apiVersion());
    if (!core.has("involvedObject")) {
      core.putObject("involvedObject");
    }
    return core;
  }

  @Override
  public String storedField(String field) {
    int dot = field.indexOf('.');
    String first = dot < 0 ? field : field.substring(0, dot);
    return CORE_NAMES.getOrDefault(first, first) + (dot < 0 ? "" : field.substring(dot));
  }

  private static ObjectNode renamed(ObjectNode event, Map<String, String> names, String version) {
    ObjectNode renamed = event.objectNode();
    for (Map.Entry<String, JsonNode> field : event.properties()) {
      renamed.set(names.getOrDefault(field.getKey(), field.getKey()), field.getValue());
    }
    return renamed.put("apiVersion", version);
  }
}
