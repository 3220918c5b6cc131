package io.berth.api.codec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Writes one tree in block style, laid out as kubectl does. */
final class YamlWriter {
  private static final int STEP = 2;
  private static final int MAX_SIMPLE_KEY = 128;

  private final StringBuilder out = new StringBuilder();

  String write(JsonNode value) {
    switch (value) {
      case ObjectNode object when !object.isEmpty() -> mapping(object, 0, false);
      case ArrayNode list when !list.isEmpty() -> sequence(list, 0, false);
      case TextNode text -> out.append(YamlText.key(text.textValue())).append('\n');
      default -> scalar(value, 0);
    }
    return out.toString();
  }

  /**
   * @param inline the first entry follows a dash on its line
   */
  private void mapping(ObjectNode object, int column, boolean inline) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    names.sort(YamlWriter::compareNames);
    boolean indented = inline;
    for (String name : names) {
      indent(indented ? 0 : column);
      indented = false;
      entry(name, object.get(name), column);
    }
  }

  private void entry(String name, JsonNode value, int column) {
    boolean simple = name.length() <= MAX_SIMPLE_KEY;
    out.append(simple ? "" : "? ").append(YamlText.key(name));
    if (!simple) {
      out.append('\n');
      indent(column);
    }
    out.append(':');
    switch (value) {
      case ObjectNode object when !object.isEmpty() -> {
        out.append('\n');
        mapping(object, column + STEP, false);
      }
      case ArrayNode list when !list.isEmpty() -> {
        out.append('\n');
        sequence(list, column, false);
      }
      default -> {
        out.append(' ');
        scalar(value, column);
      }
    }
  }

  private void sequence(ArrayNode list, int column, boolean inline) {
    boolean indented = inline;
    for (JsonNode item : list) {
      indent(indented ? 0 : column);
      indented = false;
      out.append("- ");
      switch (item) {
        case ObjectNode object when !object.isEmpty() -> mapping(object, column + STEP, true);
        case ArrayNode inner when !inner.isEmpty() -> sequence(inner, column + STEP, true);
        default -> scalar(item, column);
      }
    }
  }

  private void scalar(JsonNode value, int column) {
    if (value.isTextual()) {
      int at = out.length() - (out.lastIndexOf("\n") + 1);
      out.append(YamlText.value(value.textValue(), at, column + STEP));
    } else if (value.isNumber()) {
      out.append(number(value));
    } else {
      out.append(value); // {}, [], true, false, null
    }
    out.append('\n');
  }

  private static String number(JsonNode value) {
    if (value.isIntegralNumber()) {
      return value.asText();
    }
    BigDecimal decimal = value.decimalValue();
    String plain = decimal.toPlainString();
    return plain.length() <= 21 ? plain : decimal.toString().toLowerCase(Locale.ROOT);
  }

  private void indent(int column) {
    out.repeat(' ', column);
  }

  /** As kubectl sorts: numbers within names by amount, letters after everything else. */
  private static int compareNames(String a, String b) {
    int i = 0;
    while (i < a.length() && i < b.length() && a.charAt(i) == b.charAt(i)) {
      i++;
    }
    if (i == a.length() || i == b.length()) {
      return Integer.compare(a.length(), b.length());
    }
    boolean letterA = Character.isLetter(a.charAt(i));
    boolean letterB = Character.isLetter(b.charAt(i));
    if (letterA != letterB) {
      return letterA ? 1 : -1;
    }
    if (!letterA) {
      int start = i;
      while (start > 0 && isDigit(a, start - 1)) {
        start--;
      }
      int digits = Long.compare(digits(a, start), digits(b, start));
      if (digits != 0) {
        return digits;
      }
    }
    return Character.compare(a.charAt(i), b.charAt(i));
  }

  /** The number at a place, -1 where there is none or it is too long to compare. */
  private static long digits(String text, int start) {
    int end = start;
    while (end < text.length() && isDigit(text, end)) {
      end++;
    }
    return end == start || end - start > 18 ? -1 : Long.parseLong(text.substring(start, end));
  }

  private static boolean isDigit(String text, int at) {
    return text.charAt(at) >= '0' && text.charAt(at) <= '9';
  }
}
