package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntPredicate;

/** Reads a {@link JsonPath}. */
final class JsonPathReader {
  private static final List<String> OPERATORS = List.of("==", "!=", "<=", ">=", "<", ">");

  private final String text;
  private int at;

  JsonPathReader(String text) {
    this.text = text.startsWith("$") ? text.substring(1) : text;
  }

  JsonPath path() {
    List<JsonPath.Step> steps = new ArrayList<>();
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '.') {
        at++;
        dot(steps);
      } else if (c == '[') {
        int end = closing();
        steps.add(bracket(text.substring(at + 1, end).strip()));
        at = end + 1;
      } else {
        throw bad("unexpected " + c);
      }
    }
    return new JsonPath(steps);
  }

  private void dot(List<JsonPath.Step> steps) {
    boolean deep = at < text.length() && text.charAt(at) == '.';
    if (deep) {
      at++;
    }
    if (at < text.length() && text.charAt(at) == '[' && !deep) {
      return; // ".[0]"
    }
    String name = name();
    if (name.isEmpty() && at < text.length()) {
      throw bad("a name is missing");
    }
    if (name.equals("*")) {
      steps.add(JsonPath::all);
    } else if (deep) {
      steps.add((from, to) -> JsonPath.deep(name, from, to));
    } else if (!name.isEmpty()) {
      steps.add((from, to) -> JsonPath.field(name, from, to));
    }
  }

  /** Up to the next dot or bracket; a backslash takes what follows as it is. */
  private String name() {
    StringBuilder name = new StringBuilder();
    while (at < text.length() && ".[".indexOf(text.charAt(at)) < 0) {
      char c = text.charAt(at++);
      if (c == '\\' && at < text.length()) {
        c = text.charAt(at++);
      }
      name.append(c);
    }
    return name.toString();
  }

  /** Where the bracket that opens here closes, past quotes and brackets inside. */
  private int closing() {
    char quote = 0;
    int depth = 0;
    for (int i = at; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '[') {
        depth++;
      } else if (c == ']' && --depth == 0) {
        return i;
      }
    }
    throw bad("unterminated array");
  }

  private JsonPath.Step bracket(String inner) {
    if (inner.equals("*")) {
      return JsonPath::all;
    }
    if (inner.startsWith("?(") && inner.endsWith(")")) {
      return filter(inner.substring(2, inner.length() - 1).strip());
    }
    if (inner.startsWith("'") || inner.startsWith("\"")) {
      List<String> names = new ArrayList<>();
      for (String part : inner.split(",")) {
        names.add(unquoted(part.strip()));
      }
      return (from, to) -> names.forEach(name -> JsonPath.field(name, from, to));
    }
    if (inner.contains(":")) {
      String[] parts = inner.split(":", -1);
      int from = parts[0].isBlank() ? 0 : number(parts[0]);
      int end = parts[1].isBlank() ? Integer.MAX_VALUE : number(parts[1]);
      int step = parts.length < 3 || parts[2].isBlank() ? 1 : Math.max(1, number(parts[2]));
      return (array, to) -> JsonPath.slice(from, end, step, array, to);
    }
    List<Integer> indexes = new ArrayList<>();
    for (String part : inner.split(",")) {
      indexes.add(number(part));
    }
    return (array, to) -> indexes.forEach(index -> JsonPath.index(index, array, to));
  }

  private JsonPath.Step filter(String condition) {
    for (int i = 0; i < condition.length(); i++) {
      for (String operator : OPERATORS) {
        if (condition.startsWith(operator, i)) {
          var left = operand(condition.substring(0, i).strip());
          var right = operand(condition.substring(i + operator.length()).strip());
          return (from, to) ->
              from.forEach(
                  item -> {
                    if (holds(operator, left.apply(item), right.apply(item))) {
                      to.add(item);
                    }
                  });
        }
      }
    }
    Function<JsonNode, List<JsonNode>> exists = operand(condition);
    return (from, to) ->
        from.forEach(
            item -> {
              if (!exists.apply(item).isEmpty()) {
                to.add(item);
              }
            });
  }

  private Function<JsonNode, List<JsonNode>> operand(String operand) {
    if (operand.startsWith("@")) {
      JsonPath path = JsonPath.parse(operand.substring(1));
      return path::find;
    }
    List<JsonNode> literal = List.of(literal(operand));
    return item -> literal;
  }

  private JsonNode literal(String text) {
    if (text.startsWith("'") || text.startsWith("\"")) {
      return TextNode.valueOf(unquoted(text));
    }
    if (text.equals("true") || text.equals("false")) {
      return BooleanNode.valueOf(text.equals("true"));
    }
    try {
      return DecimalNode.valueOf(new BigDecimal(text));
    } catch (NumberFormatException e) {
      throw bad("unrecognized operand " + text);
    }
  }

  private static boolean holds(String operator, List<JsonNode> left, List<JsonNode> right) {
    if (left.isEmpty() || right.isEmpty()) {
      return false;
    }
    JsonNode a = left.getFirst();
    JsonNode b = right.getFirst();
    if (operator.equals("==")) {
      return ValueRules.same(a, b);
    }
    if (operator.equals("!=")) {
      return !ValueRules.same(a, b);
    }
    IntPredicate test =
        switch (operator) {
          case "<" -> c -> c < 0;
          case "<=" -> c -> c <= 0;
          case ">" -> c -> c > 0;
          default -> c -> c >= 0;
        };
    if (a.isNumber() && b.isNumber()) {
      return test.test(a.decimalValue().compareTo(b.decimalValue()));
    }
    return a.isTextual() && b.isTextual() && test.test(a.textValue().compareTo(b.textValue()));
  }

  private String unquoted(String quoted) {
    char quote = quoted.isEmpty() ? 0 : quoted.charAt(0);
    if (quoted.length() < 2
        || (quote != '\'' && quote != '"')
        || quoted.charAt(quoted.length() - 1) != quote) {
      throw bad("unterminated quote in " + quoted);
    }
    return quoted.substring(1, quoted.length() - 1);
  }

  private int number(String digits) {
    try {
      return Integer.parseInt(digits.strip());
    } catch (NumberFormatException e) {
      throw bad("invalid array index " + digits);
    }
  }

  private IllegalArgumentException bad(String why) {
    return new IllegalArgumentException(why + " in " + text);
  }
}
