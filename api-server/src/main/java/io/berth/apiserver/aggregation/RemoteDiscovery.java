package io.berth.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.GroupVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Brings an APIResourceList into the form that aggregated discovery has. Pure. */
final class RemoteDiscovery {
  private RemoteDiscovery() {}

  static List<JsonNode> resources(JsonNode list, GroupVersion version) {
    Map<String, ObjectNode> resources = new LinkedHashMap<>();
    for (JsonNode entry : list.path("resources")) {
      String name = entry.path("name").asText("");
      if (!name.isEmpty() && name.indexOf('/') < 0) {
        resources.put(name, resource(entry, version));
      }
    }
    for (JsonNode entry : list.path("resources")) {
      String name = entry.path("name").asText("");
      int slash = name.indexOf('/');
      if (slash > 0) {
        ObjectNode sub =
            resources
                .computeIfAbsent(name.substring(0, slash), parent -> unlisted(parent, entry))
                .withArray("/subresources")
                .addObject();
        sub.put("subresource", name.substring(slash + 1));
        sub.set("responseKind", kind(entry, version));
        copy(entry, sub, "verbs");
      }
    }
    return new ArrayList<>(resources.values());
  }

  private static ObjectNode resource(JsonNode entry, GroupVersion version) {
    ObjectNode resource = Json.object().put("resource", entry.path("name").asText());
    resource.set("responseKind", kind(entry, version));
    resource.put("scope", scope(entry));
    resource.put("singularResource", entry.path("singularName").asText(""));
    for (String field : List.of("verbs", "shortNames", "categories")) {
      copy(entry, resource, field);
    }
    return resource;
  }

  /** A resource of which only subresources are served. */
  private static ObjectNode unlisted(String name, JsonNode sub) {
    ObjectNode resource = Json.object().put("resource", name);
    resource.putObject("responseKind").put("group", "").put("version", "").put("kind", "");
    return resource.put("scope", scope(sub)).put("singularResource", "").putNull("verbs");
  }

  private static String scope(JsonNode entry) {
    return entry.path("namespaced").asBoolean() ? "Namespaced" : "Cluster";
  }

  private static ObjectNode kind(JsonNode entry, GroupVersion version) {
    String group = entry.path("group").asText("");
    String own = entry.path("version").asText("");
    boolean same = group.isEmpty() && own.isEmpty();
    return Json.object()
        .put("group", same ? version.group() : group)
        .put("version", own.isEmpty() ? version.version() : own)
        .put("kind", entry.path("kind").asText(""));
  }

  private static void copy(JsonNode from, ObjectNode to, String field) {
    if (from.path(field).isArray()) {
      to.set(field, from.get(field));
    }
  }
}
