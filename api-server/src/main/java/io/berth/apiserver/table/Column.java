package io.berth.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.berth.api.codec.Json;
import java.time.Instant;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * One column of a table.
 *
 * @param name the head, as Kubernetes writes it; clients print it in capitals
 * @param type {@code string}, {@code integer}, {@code boolean} or {@code date}
 * @param format {@code name} for the name of an object, else empty
 * @param description for people
 * @param priority 0 for always, 1 for {@code -o wide}
 * @param cell reads the cell off an object's JSON at a time
 */
public record Column(
    String name,
    String type,
    String format,
    String description,
    int priority,
    BiFunction<JsonNode, Instant, JsonNode> cell) {

  public static final Column NAME =
      new Column(
          "Name",
          "string",
          "name",
          "Name of the object, unique in its namespace.",
          0,
          (object, now) -> new TextNode(object.path("metadata").path("name").asText()));

  public static final Column AGE =
      timed(
          "Age",
          "Time since the object was created.",
          (object, now) -> Ages.since(object.path("metadata").path("creationTimestamp"), now));

  static final Column CREATED_AT =
      new Column(
          "Created At",
          "date",
          "",
          "When it was created.",
          0,
          (object, now) -> new TextNode(Cells.text(object, "metadata", "creationTimestamp")));

  static Column text(String name, String description, Function<JsonNode, String> cell) {
    return timed(name, description, (object, now) -> cell.apply(object));
  }

  static Column timed(String name, String description, BiFunction<JsonNode, Instant, String> cell) {
    return new Column(
        name, "string", "", description, 0, (object, now) -> new TextNode(cell.apply(object, now)));
  }

  static Column number(String name, String description, Function<JsonNode, Integer> cell) {
    return new Column(
        name, "integer", "", description, 0, (object, now) -> IntNode.valueOf(cell.apply(object)));
  }

  /** A number in a column that Kubernetes announces as text. */
  static Column count(String name, String description, Function<JsonNode, Integer> cell) {
    return new Column(
        name, "string", "", description, 0, (object, now) -> IntNode.valueOf(cell.apply(object)));
  }

  /** A column that is true where the field at a path is. */
  static Column flag(String name, String description, String... path) {
    return new Column(
        name,
        "boolean",
        "",
        description,
        0,
        (object, now) -> BooleanNode.valueOf(Cells.at(object, path).asBoolean()));
  }

  /** The same column, shown only by {@code -o wide}. */
  Column wide() {
    return new Column(name, type, format, description, 1, cell);
  }

  /** The same column, announced as text whatever its cells are. */
  Column asText() {
    return new Column(name, "string", format, description, priority, cell);
  }

  /** The same column, announced as the name of something. */
  Column asName() {
    return new Column(name, type, "name", description, priority, cell);
  }

  /** Its entry among a table's {@code columnDefinitions}. */
  ObjectNode definition() {
    return Json.object()
        .put("name", name)
        .put("type", type)
        .put("format", format)
        .put("description", description)
        .put("priority", priority);
  }
}
