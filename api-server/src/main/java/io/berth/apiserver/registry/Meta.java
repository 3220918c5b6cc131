package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads and writes the metadata of an object's tree. */
public final class Meta {
  private Meta() {}

  /** The object's metadata, made where it has none. */
  public static ObjectNode of(ObjectNode object) {
    return object.get("metadata") instanceof ObjectNode metadata
        ? metadata
        : object.putObject("metadata");
  }

  /** A text of the metadata, empty where it is not set. */
  public static String text(JsonNode object, String field) {
    return object.path("metadata").path(field).asText("");
  }

  public static String name(JsonNode object) {
    return text(object, "name");
  }

  public static String namespace(JsonNode object) {
    return text(object, "namespace");
  }

  public static String uid(JsonNode object) {
    return text(object, "uid");
  }

  public static boolean deleting(JsonNode object) {
    return object.path("metadata").hasNonNull("deletionTimestamp");
  }

  public static @Nullable Long gracePeriodSeconds(JsonNode object) {
    JsonNode period = object.path("metadata").path("deletionGracePeriodSeconds");
    return period.isIntegralNumber() ? period.asLong() : null;
  }

  public static List<String> finalizers(JsonNode object) {
    List<String> finalizers = new ArrayList<>();
    object.path("metadata").path("finalizers").forEach(f -> finalizers.add(f.asText("")));
    return finalizers;
  }

  public static void setFinalizers(ObjectNode object, List<String> finalizers) {
    if (finalizers.isEmpty()) {
      of(object).remove("finalizers");
    } else {
      ArrayNode array = of(object).putArray("finalizers");
      finalizers.forEach(array::add);
    }
  }

  /** Counts one more change of what is wanted, where the kind counts them. */
  public static void bumpGeneration(ObjectNode object) {
    long generation = object.path("metadata").path("generation").asLong();
    if (generation > 0) {
      of(object).put("generation", generation + 1);
    }
  }

  /** Sets a field to another's value, or drops it where the other has none. */
  public static void copy(String field, JsonNode from, ObjectNode to) {
    JsonNode value = from.get(field);
    if (value == null) {
      to.remove(field);
    } else {
      to.set(field, value.deepCopy());
    }
  }

  /** {@code metadata.labels}, empty where there are none. */
  public static Map<String, String> labels(JsonNode object) {
    Map<String, String> labels = new HashMap<>();
    object
        .path("metadata")
        .path("labels")
        .properties()
        .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
    return labels;
  }
}
