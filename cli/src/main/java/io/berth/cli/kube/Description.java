package io.berth.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;

/**
 * An object's fields as people read them: names in words, values aligned, lists indented. A pure
 * function.
 */
final class Description {
  private static final List<String> FIRST = List.of("name", "namespace", "labels", "annotations");

  private Description() {}

  static String of(JsonNode object) {
    StringBuilder text = new StringBuilder();
    JsonNode metadata = object.path("metadata");
    for (String field : FIRST) {
      if (metadata.has(field)) {
        field(
            text,
            "",
            words(field),
            metadata.get(field),
            !field.equals("labels") && !field.equals("annotations"));
      }
    }
    field(text, "", "API Version", object.path("apiVersion"), true);
    field(text, "", "Kind", object.path("kind"), true);
    for (var entry : object.properties()) {
      if (!List.of("metadata", "apiVersion", "kind").contains(entry.getKey())) {
        field(text, "", words(entry.getKey()), entry.getValue(), true);
      }
    }
    text.append("Metadata:\n");
    for (var entry : metadata.properties()) {
      if (!FIRST.contains(entry.getKey()) && !entry.getKey().equals("managedFields")) {
        field(text, "  ", words(entry.getKey()), entry.getValue(), true);
      }
    }
    return text.toString();
  }

  private static void field(
      StringBuilder text, String indent, String name, JsonNode value, boolean inWords) {
    if (value.isMissingNode()) {
      return;
    }
    text.append(indent).append(name).append(':');
    if (value.isContainerNode()) {
      text.append(value.isEmpty() ? "  <none>\n" : "\n");
      children(text, indent + "  ", value, inWords);
    } else {
      scalar(text, indent, value.isNull() ? "<none>" : value.asText());
    }
  }

  private static void children(StringBuilder text, String indent, JsonNode value, boolean inWords) {
    if (value.isObject()) {
      for (var entry : value.properties()) {
        boolean map = entry.getKey().equals("labels") || entry.getKey().equals("annotations");
        String name = inWords ? words(entry.getKey()) : entry.getKey();
        field(text, indent, name, entry.getValue(), inWords && !map);
      }
      return;
    }
    for (JsonNode item : value) {
      if (item.isContainerNode()) {
        StringBuilder inner = new StringBuilder();
        children(inner, indent + "  ", item, inWords);
        text.append(indent).append("- ").append(inner.toString().stripLeading());
      } else {
        text.append(indent).append("- ").append(item.asText()).append('\n');
      }
    }
  }

  private static void scalar(StringBuilder text, String indent, String value) {
    if (!value.contains("\n")) {
      text.append("  ").append(value).append('\n');
      return;
    }
    text.append('\n');
    value.lines().forEach(line -> text.append(indent).append("  ").append(line).append('\n'));
  }

  /** {@code terminationGracePeriodSeconds} as {@code Termination Grace Period Seconds}. */
  static String words(String name) {
    if (name.contains("/") || name.contains(".") || name.contains("-")) {
      return name;
    }
    String spaced = name.replaceAll("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ");
    return spaced.isEmpty()
        ? spaced
        : spaced.substring(0, 1).toUpperCase(Locale.ROOT) + spaced.substring(1);
  }
}
