package io.berth.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints the server's tables as aligned columns. */
public final class Tables {
  private final List<List<String>> rows = new ArrayList<>();

  /** A table of the API as text, with the columns of lower priority. */
  public static String of(JsonNode table) {
    Tables tables = new Tables();
    tables.add(table, true, false, true);
    return tables.text();
  }

  /** Adds a row of cells; the first row is the head. */
  public void add(List<String> cells) {
    rows.add(cells);
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  /**
   * Adds a table as the API gives it.
   *
   * @param wide whether to show the columns of lower priority
   * @param withNamespace whether to put the namespace in front
   * @param withHead whether to add the head
   */
  void add(JsonNode table, boolean wide, boolean withNamespace, boolean withHead) {
    List<Integer> shown = new ArrayList<>();
    List<String> head = new ArrayList<>();
    if (withNamespace) {
      head.add("NAMESPACE");
    }
    JsonNode columns = table.path("columnDefinitions");
    for (int i = 0; i < columns.size(); i++) {
      if (wide || columns.get(i).path("priority").asInt() == 0) {
        shown.add(i);
        head.add(columns.get(i).path("name").asText().toUpperCase(Locale.ROOT));
      }
    }
    if (withHead) {
      add(head);
    }
    for (JsonNode row : table.path("rows")) {
      List<String> cells = new ArrayList<>();
      if (withNamespace) {
        cells.add(row.path("object").path("metadata").path("namespace").asText());
      }
      shown.forEach(i -> cells.add(cell(row.path("cells").path(i))));
      add(cells);
    }
  }

  private static String cell(JsonNode cell) {
    return cell.isNull() || cell.isMissingNode() ? "<none>" : cell.asText();
  }

  /** The rows as lines, each column as wide as its widest cell. */
  public String text() {
    List<Integer> widths = new ArrayList<>();
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        int width = row.get(i).codePointCount(0, row.get(i).length());
        if (i == widths.size()) {
          widths.add(width);
        }
        widths.set(i, Math.max(widths.get(i), width));
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        line.append(row.get(i));
        int pad = widths.get(i) - row.get(i).codePointCount(0, row.get(i).length());
        line.repeat(' ', pad + 3);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
