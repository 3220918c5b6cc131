package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Text;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One step from a value into it: a field or a map's entry, the item of a list that has certain
 * keys, the item of a set, or a position. Equal where their texts are. Immutable.
 */
public final class PathElement implements Comparable<PathElement> {
  /** In the order that elements are sorted by. */
  private enum Kind {
    FIELD("f:"),
    KEY("k:"),
    VALUE("v:"),
    INDEX("i:");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }
  }

  private final Kind kind;
  private final String text;
  private final @Nullable JsonNode value;

  private PathElement(Kind kind, String rest, @Nullable JsonNode value) {
    this.kind = kind;
    this.text = kind.prefix.concat(rest);
    this.value = value;
  }

  public static PathElement field(String name) {
    return new PathElement(Kind.FIELD, name, null);
  }

  /** The item of a list whose keys have these values. */
  public static PathElement key(ObjectNode keys) {
    ObjectNode sorted = keys;
    if (keys.size() > 1) {
      ObjectNode ordered = keys.objectNode();
      keys.properties().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(pair -> ordered.set(pair.getKey(), pair.getValue()));
      sorted = ordered;
    }
    return new PathElement(Kind.KEY, keysText(sorted), sorted);
  }

  /** The item of a set. */
  public static PathElement value(JsonNode value) {
    return new PathElement(Kind.VALUE, text(value), value);
  }

  public static PathElement index(int index) {
    return new PathElement(Kind.INDEX, Integer.toString(index), null);
  }

  /**
   * Reads an element as managed fields have it: {@code f:spec}, <code>k:{"name":"a"}</code>, {@code
   * v:"a"}, {@code i:0}.
   *
   * @throws IllegalArgumentException the text is none
   */
  public static PathElement parse(String text) {
    String rest = text.length() > 2 ? text.substring(2) : "";
    if (text.startsWith("f:")) {
      return field(rest);
    }
    if (text.startsWith("k:") && json(rest) instanceof ObjectNode keys && !keys.isEmpty()) {
      return key(keys);
    }
    if (text.startsWith("v:")) {
      return value(json(rest));
    }
    if (text.startsWith("i:")) {
      return index(Integer.parseInt(rest));
    }
    throw new IllegalArgumentException("not an element of a path: " + Text.quote(text));
  }

  private static JsonNode json(String text) {
    return Json.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(JsonNode value) {
    return new String(Json.bytes(value), StandardCharsets.UTF_8);
  }

  /** The same for keys, which are mostly one or two plain words: lists are full of them. */
  private static String keysText(ObjectNode keys) {
    StringBuilder text = new StringBuilder(48).append('{');
    for (var key : keys.properties()) {
      JsonNode value = key.getValue();
      if (text.length() > 1) {
        text.append(',');
      }
      if (!plain(key.getKey())
          || !(value.isInt() || (value.isTextual() && plain(value.textValue())))) {
        return text(keys);
      }
      text.append('"').append(key.getKey()).append("\":");
      if (value.isInt()) {
        text.append(value.intValue());
      } else {
        text.append('"').append(value.textValue()).append('"');
      }
    }
    return text.append('}').toString();
  }

  /** Whether JSON has the text as it is. */
  private static boolean plain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == '"' || c == '\\' || c > '~') {
        return false;
      }
    }
    return true;
  }

  /** As managed fields have it. */
  public String text() {
    return text;
  }

  /** The field's name; null for every other kind of element. */
  public @Nullable String fieldName() {
    return kind == Kind.FIELD ? text.substring(2) : null;
  }

  @Override
  public int compareTo(PathElement other) {
    if (kind != other.kind) {
      return kind.compareTo(other.kind);
    }
    return switch (kind) {
      case FIELD -> text.compareTo(other.text);
      case KEY -> compareKeys(other);
      case VALUE -> compareValues(value, other.value);
      case INDEX -> Integer.compare(position(), other.position());
    };
  }

  private int position() {
    return Integer.parseInt(text.substring(2));
  }

  private int compareKeys(PathElement other) {
    if (text.equals(other.text) || value == null || other.value == null) {
      return 0;
    }
    var mine = new ArrayList<>(value.properties());
    var theirs = new ArrayList<>(other.value.properties());
    for (int i = 0; i < Math.min(mine.size(), theirs.size()); i++) {
      int names = mine.get(i).getKey().compareTo(theirs.get(i).getKey());
      int values = compareValues(mine.get(i).getValue(), theirs.get(i).getValue());
      if (names != 0 || values != 0) {
        return names != 0 ? names : values;
      }
    }
    return mine.size() != theirs.size()
        ? Integer.compare(mine.size(), theirs.size())
        : text.compareTo(other.text);
  }

  /** Numbers before texts before booleans before all else. */
  private static int compareValues(@Nullable JsonNode a, @Nullable JsonNode b) {
    if (a == null || b == null) {
      return 0;
    }
    if (rank(a) != rank(b)) {
      return Integer.compare(rank(a), rank(b));
    }
    return switch (rank(a)) {
      case 0 -> number(a).compareTo(number(b));
      case 1 -> a.textValue().compareTo(b.textValue());
      case 2 -> Boolean.compare(a.booleanValue(), b.booleanValue());
      default -> Comparator.<String>naturalOrder().compare(a.toString(), b.toString());
    };
  }

  private static BigDecimal number(JsonNode node) {
    return node.decimalValue();
  }

  private static int rank(JsonNode node) {
    return node.isNumber() ? 0 : node.isTextual() ? 1 : node.isBoolean() ? 2 : 3;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PathElement element && text.equals(element.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** As messages have it: {@code .spec}, {@code [name="a"]}, {@code [="a"]}, {@code [0]}. */
  @Override
  public String toString() {
    return switch (kind) {
      case FIELD -> "." + text.substring(2);
      case INDEX -> "[" + text.substring(2) + "]";
      case VALUE -> "[=" + shown(value) + "]";
      case KEY -> {
        List<String> pairs = new ArrayList<>();
        if (value != null) {
          value.properties().forEach(p -> pairs.add(p.getKey() + "=" + shown(p.getValue())));
        }
        yield "[" + String.join(",", pairs) + "]";
      }
    };
  }

  private static String shown(@Nullable JsonNode value) {
    return value == null ? "" : value.isTextual() ? Text.quote(value.textValue()) : value.asText();
  }
}
