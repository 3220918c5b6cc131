package io.berth.client.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Label and field selectors in the text form of the API, over JSON trees. */
final class FakeSelector {
  private FakeSelector() {}

  static Predicate<JsonNode> of(@Nullable String labels, @Nullable String fields) {
    Predicate<JsonNode> all = object -> true;
    for (String part : split(labels)) {
      all = all.and(object -> label(part.strip(), object.path("metadata").path("labels")));
    }
    for (String part : split(fields)) {
      all = all.and(object -> field(part.strip(), object));
    }
    return all;
  }

  private static List<String> split(@Nullable String selector) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    int depth = 0;
    String text = selector == null ? "" : selector;
    for (int i = 0; i <= text.length(); i++) {
      char c = i == text.length() ? ',' : text.charAt(i);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == ',' && depth == 0) {
        if (i > from) {
          parts.add(text.substring(from, i));
        }
        from = i + 1;
      }
    }
    return parts;
  }

  private static boolean label(String part, JsonNode labels) {
    if (part.contains("(")) {
      String[] words = part.substring(0, part.indexOf('(')).strip().split("\\s+");
      String values = part.substring(part.indexOf('(') + 1, part.indexOf(')'));
      Set<String> set = new TreeSet<>(Arrays.stream(values.split(",")).map(String::strip).toList());
      boolean in = labels.has(words[0]) && set.contains(labels.path(words[0]).asText());
      return words[1].equals("in") == in;
    }
    if (part.contains("!=")) {
      String[] sides = part.split("!=", 2);
      return !labels.has(sides[0].strip())
          || !labels.path(sides[0].strip()).asText().equals(sides[1].strip());
    }
    if (part.contains("=")) {
      String[] sides = part.split("==?", 2);
      return labels.has(sides[0].strip())
          && labels.path(sides[0].strip()).asText().equals(sides[1].strip());
    }
    return part.startsWith("!") ? !labels.has(part.substring(1).strip()) : labels.has(part);
  }

  private static boolean field(String part, JsonNode object) {
    boolean not = part.contains("!=");
    String[] sides = part.split("!=|==?", 2);
    JsonNode at = object.at("/" + sides[0].strip().replace('.', '/'));
    return at.asText().equals(sides[1].strip()) != not;
  }
}
