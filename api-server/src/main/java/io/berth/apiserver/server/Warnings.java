package io.berth.apiserver.server;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a client should hear of although its request is served, as the header {@code Warning}. */
public final class Warnings {
  /** So many characters all warnings have; many clients take headers of 8 KiB at most. */
  private static final int MAX_WARNINGS = 4096;

  /** So many one has where all together have more. */
  private static final int MAX_WARNING = 256;

  private Warnings() {}

  /** The header's value; there is one warning at least. */
  public static String header(List<String> warnings) {
    return bounded(warnings).stream().map(Warnings::warning).collect(Collectors.joining(", "));
  }

  /** Each warning once; where they are long together, each in part and no more than fit. */
  private static List<String> bounded(List<String> warnings) {
    List<String> different = warnings.stream().distinct().toList();
    if (different.stream().mapToInt(Warnings::length).sum() <= MAX_WARNINGS) {
      return different;
    }
    List<String> fitting = new ArrayList<>();
    int left = MAX_WARNINGS;
    for (String text : different) {
      int shown = Math.min(length(text), MAX_WARNING);
      if (shown <= left) {
        fitting.add(text.substring(0, text.offsetByCodePoints(0, shown)));
        left -= shown;
      }
    }
    return fitting;
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** One warning as the header carries it. */
  private static String warning(String text) {
    StringBuilder quoted = new StringBuilder("299 - \"");
    text.codePoints()
        .filter(c -> c >= 0x20 && c != 0x7f)
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                quoted.append('\\');
              }
              quoted.appendCodePoint(c);
            });
    return quoted.append('"').toString();
  }
}
