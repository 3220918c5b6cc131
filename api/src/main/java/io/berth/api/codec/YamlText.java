package io.berth.api.codec;

/** Writes text in YAML: plain where it stays text, else quoted, else as a block of lines. */
final class YamlText {
  private static final int WIDTH = 80;
  private static final String NEVER_FIRST = ",[]{}#&*!|>'\"%@`";

  private YamlText() {}

  /** A key, on one line. */
  static String key(String text) {
    return switch (style(text)) {
      case PLAIN -> text;
      case SINGLE -> "'" + text.replace("'", "''") + "'";
      case DOUBLE, LITERAL -> doubleQuoted(text, 0, 0, false);
    };
  }

  /**
   * A value.
   *
   * @param at the column where it begins
   * @param indent of the lines that follow the first
   */
  static String value(String text, int at, int indent) {
    return switch (style(text)) {
      case PLAIN -> folded(text, at, indent);
      case SINGLE -> "'" + folded(text.replace("'", "''"), at + 1, indent) + "'";
      case DOUBLE -> doubleQuoted(text, at, indent, true);
      case LITERAL -> literal(text, indent);
    };
  }

  private enum Style {
    PLAIN,
    SINGLE,
    DOUBLE,
    LITERAL
  }

  private static Style style(String text) {
    if (!YamlScalars.staysText(text)) {
      return Style.DOUBLE;
    }
    boolean lines = text.indexOf('\n') >= 0;
    if (text.codePoints().anyMatch(c -> c != '\n' && needsEscape(c))) {
      return Style.DOUBLE;
    }
    if (lines) {
      boolean trailing = text.contains(" \n") || text.endsWith(" ");
      return trailing ? Style.DOUBLE : Style.LITERAL;
    }
    return plain(text) ? Style.PLAIN : Style.SINGLE;
  }

  /** Whether one line of printable text can stand without quotes in block style. */
  private static boolean plain(String text) {
    char first = text.charAt(0);
    boolean alone = text.length() == 1 || text.charAt(1) == ' ';
    return NEVER_FIRST.indexOf(first) < 0
        && !("-?:".indexOf(first) >= 0 && alone)
        && first != ' '
        && !text.endsWith(" ")
        && !text.startsWith("---")
        && !text.startsWith("...")
        && !text.contains(": ")
        && !text.endsWith(":")
        && !text.contains(" #")
        && !text.equals("<<")
        && !text.equals("=");
  }

  private static boolean needsEscape(int c) {
    return c < 0x20
        || (c >= 0x7f && c < 0xa0)
        || c == 0x2028
        || c == 0x2029
        || c == 0xfeff
        || c > 0xfffd
        || (c >= 0xd800 && c < 0xe000)
        || c == 0xfffe;
  }

  /** Breaks lines at single spaces beyond the width; reading puts the spaces back. */
  private static String folded(String text, int at, int indent) {
    StringBuilder out = new StringBuilder(text.length());
    int column = at;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ' ' && column > WIDTH && breaks(text, i)) {
        out.append('\n').repeat(' ', indent);
        column = indent;
      } else {
        out.append(c);
        column++;
      }
    }
    return out.toString();
  }

  private static boolean breaks(String text, int i) {
    return i > 0 && i < text.length() - 1 && text.charAt(i - 1) != ' ' && text.charAt(i + 1) != ' ';
  }

  private static String doubleQuoted(String text, int at, int indent, boolean fold) {
    StringBuilder out = new StringBuilder(text.length() + 2).append('"');
    int lineStart = -at;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      if (fold && c == ' ' && out.length() - lineStart > WIDTH && breaks(text, i)) {
        out.append('\n');
        lineStart = out.length();
        out.repeat(' ', indent);
      } else {
        escape(out, c);
      }
      i += Character.charCount(c);
    }
    return out.append('"').toString();
  }

  private static void escape(StringBuilder out, int c) {
    switch (c) {
      case '"' -> out.append("\\\"");
      case '\\' -> out.append("\\\\");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case 0 -> out.append("\\0");
      case 7 -> out.append("\\a");
      case 8 -> out.append("\\b");
      case 11 -> out.append("\\v");
      case 12 -> out.append("\\f");
      case 27 -> out.append("\\e");
      case 0x85 -> out.append("\\N");
      default -> {
        if (!needsEscape(c)) {
          out.appendCodePoint(c);
        } else if (c <= 0xff) {
          out.append(String.format("\\x%02X", c));
        } else {
          out.append(String.format(c <= 0xffff ? "\\u%04X" : "\\U%08X", c));
        }
      }
    }
  }

  /** {@code |}, how to indent where the first line does not tell, how the end is kept. */
  private static String literal(String text, int indent) {
    char first = text.charAt(0);
    boolean hint = first == ' ' || first == '\n';
    boolean ends = text.endsWith("\n");
    boolean keeps = text.equals("\n") || text.endsWith("\n\n");
    StringBuilder out = new StringBuilder("|").append(hint ? "2" : "");
    out.append(ends ? (keeps ? "+" : "") : "-");
    String body = ends ? text.substring(0, text.length() - 1) : text;
    for (String line : body.split("\n", -1)) {
      out.append('\n');
      if (!line.isEmpty()) {
        out.repeat(' ', indent).append(line);
      }
    }
    return out.toString();
  }
}
