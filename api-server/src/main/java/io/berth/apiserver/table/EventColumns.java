package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The columns of events. */
final class EventColumns {
  private EventColumns() {}

  static List<Column> all() {
    return List.of(
        Column.timed("Last Seen", "When it last happened.", EventColumns::lastSeen),
        Column.text("Type", "Normal or Warning.", o -> text(o, "type")),
        Column.text("Reason", "What happened, in one word.", o -> text(o, "reason")),
        Column.text("Object", "What it is about.", EventColumns::about),
        Column.text("Subobject", "Which part of it.", o -> text(o, "involvedObject", "fieldPath"))
            .wide(),
        Column.text("Source", "Who says so.", EventColumns::source).wide(),
        Column.text("Message", "What happened.", o -> text(o, "message").strip()),
        Column.timed("First Seen", "When it first happened.", EventColumns::firstSeen).wide(),
        Column.count("Count", "How often it happened.", EventColumns::count).wide(),
        new Column("Name", "string", "name", Column.NAME.description(), 1, Column.NAME.cell()));
  }

  private static String firstSeen(JsonNode event, Instant now) {
    JsonNode first = event.path("firstTimestamp");
    return Ages.since(first.isTextual() ? first : event.path("eventTime"), now);
  }

  private static String lastSeen(JsonNode event, Instant now) {
    JsonNode inSeries = event.path("series").path("lastObservedTime");
    if (inSeries.isTextual()) {
      return Ages.since(inSeries, now);
    }
    JsonNode last = event.path("lastTimestamp");
    return last.isTextual() ? Ages.since(last, now) : firstSeen(event, now);
  }

  private static int count(JsonNode event) {
    int inSeries = event.path("series").path("count").asInt();
    return Math.max(1, inSeries != 0 ? inSeries : event.path("count").asInt());
  }

  private static String about(JsonNode event) {
    String kind = text(event, "involvedObject", "kind").toLowerCase(Locale.ROOT);
    String name = text(event, "involvedObject", "name");
    return name.isEmpty() ? kind : kind + "/" + name;
  }

  private static String source(JsonNode event) {
    List<String> parts = new ArrayList<>();
    String component = text(event, "source", "component");
    String host = text(event, "source", "host");
    parts.add(component.isEmpty() ? text(event, "reportingComponent") : component);
    parts.add(host.isEmpty() ? text(event, "reportingInstance") : host);
    parts.removeIf(String::isEmpty);
    return String.join(", ", parts);
  }
}
