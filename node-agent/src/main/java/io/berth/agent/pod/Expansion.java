package io.berth.agent.pod;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Replaces {@code $(NAME)} by its value, where there is one; {@code $$} is a dollar sign. */
final class Expansion {
  private static final Pattern NAME = Pattern.compile("\\$\\$|\\$\\(([^)]*)\\)");

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

  /** The first name in it that has no value, or empty. */
  static String missing(String text, Map<String, String> values) {
    Matcher names = NAME.matcher(text);
    while (names.find()) {
      String name = names.group(1);
      if (name != null && !values.containsKey(name)) {
        return name;
      }
    }
    return "";
  }
}
