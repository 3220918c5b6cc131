package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.schema.Schema.ObjectType;
import java.nio.charset.StandardCharsets;

/**
 * The annotation in which kubectl keeps what it applied on its side. When the same user goes over
 * to apply on the server's side, what it owned that way is no conflict, and the annotation is kept
 * up for a way back.
 */
final class LastApplied {
  private static final String MANAGER = "kubectl";
  private static final String ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";

  /** What all annotations of an object may hold. */
  private static final int MAX_BYTES = 256 << 10;

  private LastApplied() {}

  /** What kubectl applied on its side and is still as it applied it. */
  static FieldSet owned(ObjectType type, ObjectNode live, Writer writer) {
    String annotation = annotations(live).path(ANNOTATION).asText("");
    if (!writer.manager().equals(MANAGER) || annotation.isEmpty()) {
      return FieldSet.EMPTY;
    }
    try {
      JsonNode applied = Json.parse(annotation.getBytes(StandardCharsets.UTF_8));
      if (!(applied instanceof ObjectNode config)
          || !config.path("apiVersion").asText("").equals(writer.apiVersion())) {
        return FieldSet.EMPTY;
      }
      Comparison difference = Comparison.of(type, config, live);
      return Extraction.of(type, config)
          .difference(difference.changed())
          .difference(difference.removed());
    } catch (IllegalArgumentException e) {
      return FieldSet.EMPTY; // clients may write into an annotation what they want
    }
  }

  /** Keeps the annotation up, where there is one. */
  static void update(Writer writer, ObjectNode config, ObjectNode after) {
    if (!writer.manager().equals(MANAGER) || !annotations(after).has(ANNOTATION)) {
      return;
    }
    ObjectNode applied = config.deepCopy();
    if (annotations(applied) instanceof ObjectNode own) {
      own.remove(ANNOTATION);
      if (own.isEmpty()) {
        applied.withObject("/metadata").remove("annotations");
      }
    }
    ObjectNode annotations = (ObjectNode) annotations(after);
    annotations.put(
        ANNOTATION, new String(Json.bytes(Json.sorted(applied)), StandardCharsets.UTF_8) + "\n");
    if (size(annotations) > MAX_BYTES) {
      annotations.put(ANNOTATION, "");
    }
  }

  private static JsonNode annotations(ObjectNode object) {
    return object.path("metadata").path("annotations");
  }

  private static long size(ObjectNode annotations) {
    return annotations.properties().stream()
        .mapToLong(e -> utf8(e.getKey()) + utf8(e.getValue().asText("")))
        .sum();
  }

  private static long utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
