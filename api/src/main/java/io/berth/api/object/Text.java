package io.berth.api.object;

/** How messages show text. */
public final class Text {
  private Text() {}

  /**
   * In double quotes, with backslash escapes for quotes, backslashes and control characters, as
   * clients know it from Kubernetes' messages. Never more than one line.
   */
  public static String quote(String text) {
    StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
    text.codePoints().forEach(c -> append(quoted, c));
    return quoted.append('"').toString();
  }

  private static void append(StringBuilder out, int c) {
    switch (c) {
      case '"' -> out.append("\\\"");
      case '\\' -> out.append("\\\\");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case 7 -> out.append("\\a");
      case '\b' -> out.append("\\b");
      case '\f' -> out.append("\\f");
      case 11 -> out.append("\\v");
      default -> {
        if (c < 0x20 || c == 0x7f) {
          out.append(String.format("\\x%02x", c));
        } else if (Character.isISOControl(c) || !Character.isDefined(c)) {
          out.append(String.format(c > 0xffff ? "\\U%08x" : "\\u%04x", c));
        } else {
          out.appendCodePoint(c);
        }
      }
    }
  }
}
