package io.berth.controllers.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Names;
import io.berth.controllers.object.Reading;
import java.util.Map;
import java.util.TreeMap;

/** Tells templates apart. */
final class TemplateHash {
  private static final int FNV_OFFSET = 0x811c9dc5;
  private static final int FNV_PRIME = 0x01000193;

  private TemplateHash() {}

  /** Whether two templates are one, the hash's own label aside. */
  static boolean same(JsonNode left, JsonNode right) {
    return Reading.same(withoutHash(left), withoutHash(right));
  }

  private static JsonNode withoutHash(JsonNode template) {
    JsonNode copy = template.deepCopy();
    if (copy.path("metadata").path("labels") instanceof ObjectNode labels) {
      labels.remove(Version.HASH_LABEL);
    }
    return copy;
  }

  /**
   * The value of the label {@code pod-template-hash}: FNV-1a over the template with sorted fields,
   * written with letters that form no words.
   *
   * @param collisions how often this Deployment's hashes met another ReplicaSet's name
   */
  static String of(JsonNode template, int collisions) {
    int hash = FNV_OFFSET;
    for (byte b : Json.bytes(sorted(withoutHash(template)))) {
      hash = (hash ^ (b & 0xff)) * FNV_PRIME;
    }
    if (collisions > 0) {
      for (int shift = 0; shift < 32; shift += 8) {
        hash = (hash ^ (collisions >>> shift & 0xff)) * FNV_PRIME;
      }
    }
    return Names.safeEncode(Integer.toUnsignedString(hash));
  }

  private static JsonNode sorted(JsonNode node) {
    if (node instanceof ObjectNode object) {
      Map<String, JsonNode> fields = new TreeMap<>();
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        if (!field.getValue().isNull()) {
          fields.put(field.getKey(), sorted(field.getValue()));
        }
      }
      ObjectNode result = Json.object();
      result.setAll(fields);
      return result;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode result = array.arrayNode();
      array.forEach(element -> result.add(sorted(element)));
      return result;
    }
    return node;
  }
}
