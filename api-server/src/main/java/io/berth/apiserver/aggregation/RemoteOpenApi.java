package io.berth.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.GroupVersion;
import java.util.ArrayDeque;
import java.util.Deque;

/** Takes out of a server's OpenAPI 2 document what concerns one group version. Pure. */
final class RemoteOpenApi {
  private static final String DEFINITIONS = "#/definitions/";
  private static final String PARAMETERS = "#/parameters/";

  private RemoteOpenApi() {}

  /** Its paths, and the definitions that they lead to. */
  static ObjectNode of(JsonNode document, GroupVersion version) {
    ObjectNode part = Json.object();
    ObjectNode paths = part.putObject("paths");
    ObjectNode definitions = part.putObject("definitions");
    Deque<JsonNode> open = new ArrayDeque<>();
    String root = version.path() + "/";
    document
        .path("paths")
        .properties()
        .forEach(
            path -> {
              if (path.getKey().startsWith(root)) {
                JsonNode whole = withParameters(path.getValue(), document.path("parameters"));
                paths.set(path.getKey(), whole);
                open.add(whole);
              }
            });
    document
        .path("definitions")
        .properties()
        .forEach(
            definition -> {
              if (isOf(definition.getValue(), version)) {
                definitions.set(definition.getKey(), definition.getValue());
                open.add(definition.getValue());
              }
            });
    while (!open.isEmpty()) {
      JsonNode node = open.remove();
      String name = node.path("$ref").asText("");
      if (name.startsWith(DEFINITIONS)) {
        add(document, name.substring(DEFINITIONS.length()), definitions, open);
      }
      node.forEach(open::add);
    }
    return part;
  }

  /** The same with parameters in place of references to those that the document shares. */
  private static JsonNode withParameters(JsonNode path, JsonNode shared) {
    if (shared.isEmpty()) {
      return path;
    }
    JsonNode whole = path.deepCopy();
    insert(whole.path("parameters"), shared);
    whole.forEach(operation -> insert(operation.path("parameters"), shared));
    return whole;
  }

  private static void insert(JsonNode parameters, JsonNode shared) {
    for (int i = 0; i < parameters.size(); i++) {
      String reference = parameters.get(i).path("$ref").asText("");
      if (reference.startsWith(PARAMETERS) && parameters instanceof ArrayNode list) {
        list.set(i, shared.path(reference.substring(PARAMETERS.length())));
      }
    }
  }

  private static void add(
      JsonNode document, String name, ObjectNode definitions, Deque<JsonNode> open) {
    JsonNode definition = document.path("definitions").path(name);
    if (!definition.isMissingNode() && !definitions.has(name)) {
      definitions.set(name, definition);
      open.add(definition);
    }
  }

  private static boolean isOf(JsonNode definition, GroupVersion version) {
    for (JsonNode kind : definition.path("x-kubernetes-group-version-kind")) {
      if (kind.path("group").asText("").equals(version.group())
          && kind.path("version").asText("").equals(version.version())
          && definition.path("x-kubernetes-group-version-kind").size() == 1) {
        return true;
      }
    }
    return false;
  }
}
