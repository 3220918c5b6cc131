package io.berth.agent.pod;

import java.util.Map;

/** Replaces {@code $(NAME)} by its value, where there is one; {@code $$} is a dollar sign. */
final class Expansion {
  private Expansion() {}

  static String expand(String text, Map<String, String> values) {
    StringBuilder out = new StringBuilder();
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      char next = c == '$' && i + 1 < text.length() ? text.charAt(i + 1) : 0;
      int end = next == '(' ? text.indexOf(')', i) : -1;
      if (next == '$') {
        out.append('$');
        i += 2;
      } else if (end > 0) {
        String value = values.get(text.substring(i + 2, end));
        out.append(value == null ? text.substring(i, end + 1) : value);
        i = end + 1;
      } else {
        out.append(c);
        i++;
      }
    }
    return out.toString();
  }
}
