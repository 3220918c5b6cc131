package io.berth.api.object;

import io.berth.api.object.LabelSelector.Operator;
import io.berth.api.object.LabelSelector.Requirement;
import java.util.ArrayList;
import java.util.List;

/** Reads the text form of a label selector, by recursive descent over its tokens. */
final class LabelSelectorParser {
  private static final String SYMBOLS = "=!(),><";

  private final List<String> tokens;
  private int at;

  LabelSelectorParser(String text) {
    this.tokens = tokens(text);
  }

  List<Requirement> parse() {
    List<Requirement> requirements = new ArrayList<>();
    if (!isIdentifier(peek()) && !peek().equals("!")) {
      throw new IllegalArgumentException(
          "found '" + peek() + "', expected: !, identifier, or 'end of string'");
    }
    while (true) {
      try {
        requirements.add(requirement());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("unable to parse requirement: " + e.getMessage(), e);
      }
      String next = take();
      if (next.isEmpty()) {
        return requirements;
      }
      if (!next.equals(",")) {
        throw new IllegalArgumentException(
            "found '" + next + "', expected: ',' or 'end of string'");
      }
      if (!isIdentifier(peek()) && !peek().equals("!")) {
        throw new IllegalArgumentException(
            "found '" + peek() + "', expected: identifier after ','");
      }
    }
  }

  private Requirement requirement() {
    boolean absent = peek().equals("!");
    if (absent) {
      take();
    }
    String key = identifier();
    check("", key, Names.qualifiedName(key));
    if (peek().isEmpty() || peek().equals(",")) {
      return new Requirement(key, absent ? Operator.DOES_NOT_EXIST : Operator.EXISTS, List.of());
    }
    Operator operator = operator();
    boolean set = operator == Operator.IN || operator == Operator.NOT_IN;
    List<String> values = set ? values() : List.of(value());
    for (int i = 0; i < values.size(); i++) {
      if (operator == Operator.GREATER || operator == Operator.LESS) {
        checkInteger(i, values.get(i));
      }
      check("values[" + i + "][" + key + "]: ", values.get(i), Names.labelValue(values.get(i)));
    }
    return new Requirement(key, operator, values);
  }

  private Operator operator() {
    String token = take();
    return switch (token) {
      case "=", "==" -> Operator.EQUALS;
      case "!=" -> Operator.NOT_EQUALS;
      case "in" -> Operator.IN;
      case "notin" -> Operator.NOT_IN;
      case ">" -> Operator.GREATER;
      case "<" -> Operator.LESS;
      default ->
          throw new IllegalArgumentException(
              "found '" + token + "', expected: in, notin, =, ==, !=, gt, lt");
    };
  }

  /** {@code (x,y)}; an empty place between commas is the empty value. */
  private List<String> values() {
    String open = take();
    if (!open.equals("(")) {
      throw new IllegalArgumentException("found '" + open + "' expected: '('");
    }
    List<String> values = new ArrayList<>();
    while (true) {
      values.add(isIdentifier(peek()) ? take() : "");
      String next = take();
      if (next.equals(")")) {
        return values;
      }
      if (!next.equals(",")) {
        throw new IllegalArgumentException("found '" + next + "', expected: ',' or ')'");
      }
    }
  }

  private String value() {
    return peek().isEmpty() || peek().equals(",") ? "" : identifier();
  }

  private String identifier() {
    String token = take();
    if (!isIdentifier(token)) {
      throw new IllegalArgumentException("found '" + token + "', expected: identifier");
    }
    return token;
  }

  private static void check(String where, String value, List<String> wrong) {
    if (!wrong.isEmpty()) {
      String place = where.isEmpty() ? "<nil>: " : where;
      throw new IllegalArgumentException(
          place + "Invalid value: " + Text.quote(value) + ": " + String.join("; ", wrong));
    }
  }

  private static void checkInteger(int index, String value) {
    try {
      Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "values["
              + index
              + "]: Invalid value: "
              + Text.quote(value)
              + ": for 'Gt', 'Lt' operators, the value must be an integer",
          e);
    }
  }

  private static boolean isIdentifier(String token) {
    return !token.isEmpty() && SYMBOLS.indexOf(token.charAt(0)) < 0;
  }

  /** The empty token is the end. */
  private String peek() {
    return at < tokens.size() ? tokens.get(at) : "";
  }

  private String take() {
    String token = peek();
    at++;
    return token;
  }

  private static List<String> tokens(String text) {
    List<String> tokens = new ArrayList<>();
    int i = 0;
    while (i < text.length()) {
      int end = i + 1;
      if (SYMBOLS.indexOf(text.charAt(i)) >= 0) {
        boolean pair = text.startsWith("==", i) || text.startsWith("!=", i);
        end = pair ? i + 2 : end;
        tokens.add(text.substring(i, end));
      } else if (!isBlank(text.charAt(i))) {
        while (end < text.length()
            && SYMBOLS.indexOf(text.charAt(end)) < 0
            && !isBlank(text.charAt(end))) {
          end++;
        }
        tokens.add(text.substring(i, end));
      }
      i = end;
    }
    return tokens;
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }
}
