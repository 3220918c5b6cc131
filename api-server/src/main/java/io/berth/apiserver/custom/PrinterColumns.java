package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.berth.apiserver.table.Ages;
import io.berth.apiserver.table.Column;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The columns that a definition's {@code additionalPrinterColumns} ask for. */
final class PrinterColumns {
  private PrinterColumns() {}

  /** The name, then the columns of a version; the age where it has none of its own. */
  static List<Column> of(JsonNode columns) {
    List<Column> all = new ArrayList<>();
    all.add(Column.NAME);
    for (JsonNode column : columns) {
      all.add(column(column));
    }
    if (columns.isEmpty()) {
      all.add(Column.AGE);
    }
    return List.copyOf(all);
  }

  private static Column column(JsonNode column) {
    String type = column.path("type").asText();
    String path = column.path("jsonPath").asText();
    JsonPath parsed = JsonPath.parse(path);
    String description =
        column
            .path("description")
            .asText("Custom resource definition column (in JSONPath format): " + path);
    return new Column(
        column.path("name").asText(),
        type,
        column.path("format").asText(""),
        description,
        column.path("priority").asInt(),
        (object, now) -> cell(type, parsed.find(object), now));
  }

  private static JsonNode cell(String type, List<JsonNode> found, Instant now) {
    if (found.isEmpty() || found.getFirst().isNull()) {
      return NullNode.getInstance();
    }
    JsonNode first = found.getFirst();
    return switch (type) {
      case "integer", "number" -> first.isNumber() ? first : NullNode.getInstance();
      case "boolean" -> first.isBoolean() ? first : bool(first);
      case "date" -> TextNode.valueOf(first.isTextual() ? Ages.since(first, now) : "<unknown>");
      default ->
          TextNode.valueOf(
              found.stream().map(PrinterColumns::text).collect(Collectors.joining(",")));
    };
  }

  private static JsonNode bool(JsonNode value) {
    return value.isTextual() && (value.asText().equals("true") || value.asText().equals("false"))
        ? BooleanNode.valueOf(value.asText().equals("true"))
        : NullNode.getInstance();
  }

  private static String text(JsonNode value) {
    return value.isTextual() ? value.textValue() : value.toString();
  }
}
