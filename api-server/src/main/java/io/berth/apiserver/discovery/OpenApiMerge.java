package io.berth.apiserver.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.HashMap;
import java.util.Map;

/** Puts another server's part into an OpenAPI 2 document. Pure. */
final class OpenApiMerge {
  private static final String DEFINITIONS = "#/definitions/";
  private static final String META = "io.k8s.apimachinery.pkg.";

  private OpenApiMerge() {}

  /**
   * Paths that are there already stay. A definition whose name is taken by a different one gets
   * another name, in the other server's part alone; those that describe Kubernetes' own metadata
   * types are taken to be the same, however they are described.
   */
  static void into(ObjectNode document, ObjectNode part) {
    ObjectNode definitions = document.withObject("/definitions");
    Map<String, String> renamed = new HashMap<>();
    part.path("definitions")
        .properties()
        .forEach(
            e -> {
              JsonNode known = definitions.get(e.getKey());
              if (known != null && !e.getKey().startsWith(META) && !known.equals(e.getValue())) {
                renamed.put(e.getKey(), free(e.getKey(), definitions, part.path("definitions")));
              }
            });
    part.path("definitions")
        .properties()
        .forEach(
            e -> {
              String name = renamed.getOrDefault(e.getKey(), e.getKey());
              if (!definitions.has(name)) {
                definitions.set(name, referring(e.getValue(), renamed));
              }
            });
    ObjectNode paths = document.withObject("/paths");
    part.path("paths")
        .properties()
        .forEach(
            e -> {
              if (!paths.has(e.getKey())) {
                paths.set(e.getKey(), referring(e.getValue(), renamed));
              }
            });
  }

  private static String free(String name, JsonNode definitions, JsonNode others) {
    int number = 2;
    while (definitions.has(name + "_v" + number) || others.has(name + "_v" + number)) {
      number++;
    }
    return name + "_v" + number;
  }

  /** A copy whose references lead to the new names. */
  private static JsonNode referring(JsonNode node, Map<String, String> renamed) {
    if (renamed.isEmpty()) {
      return node;
    }
    JsonNode copy = node.deepCopy();
    rename(copy, renamed);
    return copy;
  }

  private static void rename(JsonNode node, Map<String, String> renamed) {
    if (node instanceof ObjectNode object && object.get("$ref") instanceof TextNode reference) {
      String text = reference.asText();
      String name =
          text.startsWith(DEFINITIONS) ? renamed.get(text.substring(DEFINITIONS.length())) : null;
      if (name != null) {
        object.put("$ref", DEFINITIONS + name);
      }
    }
    if (node instanceof ObjectNode || node instanceof ArrayNode) {
      node.forEach(child -> rename(child, renamed));
    }
  }
}
