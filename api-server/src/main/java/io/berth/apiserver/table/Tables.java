package io.berth.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import java.time.Instant;
import java.util.List;

/** Makes {@code meta.k8s.io/v1} tables and partial objects. Pure. */
public final class Tables {
  public static final String META_VERSION = "meta.k8s.io/v1";

  private Tables() {}

  /** What a row holds of its object, by the query parameter {@code includeObject}. */
  public enum Include {
    NONE,
    METADATA,
    OBJECT
  }

  /** The head of a table, without rows. */
  public static ObjectNode table(List<Column> all, boolean withColumns) {
    ObjectNode table = Json.object().put("kind", "Table").put("apiVersion", META_VERSION);
    table.putObject("metadata");
    ArrayNode columns = table.putArray("columnDefinitions");
    if (withColumns) {
      all.forEach(column -> columns.add(column.definition()));
    }
    table.putArray("rows");
    return table;
  }

  /**
   * One object's row.
   *
   * @param read what the columns read
   * @param object the same object as clients get it
   */
  public static ObjectNode row(
      List<Column> columns, JsonNode read, JsonNode object, Instant now, Include include) {
    ObjectNode row = Json.object();
    ArrayNode cells = row.putArray("cells");
    columns.forEach(column -> cells.add(column.cell().apply(read, now)));
    return row.set(
        "object",
        switch (include) {
          case NONE -> row.nullNode();
          case METADATA -> partial(object);
          case OBJECT -> object;
        });
  }

  /** Names a table or metadata, one or a list, as the group's v1beta1 does. */
  public static void asBeta(ObjectNode object) {
    if (object.path("apiVersion").asText().equals(META_VERSION)) {
      object.put("apiVersion", META_VERSION + "beta1");
    }
    object.path("items").forEach(item -> asBeta((ObjectNode) item));
    for (JsonNode row : object.path("rows")) {
      if (row.path("object") instanceof ObjectNode shown) {
        asBeta(shown);
      }
    }
  }

  /** The object's metadata alone. */
  public static ObjectNode partial(JsonNode object) {
    ObjectNode partial =
        Json.object().put("kind", "PartialObjectMetadata").put("apiVersion", META_VERSION);
    JsonNode metadata = object.get("metadata");
    partial.set("metadata", metadata == null ? Json.object() : metadata);
    return partial;
  }
}
