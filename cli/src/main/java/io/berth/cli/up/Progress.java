package io.berth.cli.up;

import io.berth.api.time.Clock;
import java.io.PrintStream;
import java.util.Locale;

/**
 * Shows how far a long piece of work is: on a terminal a line that is rewritten, elsewhere a line a
 * step. Not for several threads.
 */
final class Progress {
  private static final int BAR = 24;

  private final PrintStream out;
  private final Clock clock;
  private final boolean terminal;
  private final long begin;
  private String last = "";

  Progress(PrintStream out, Clock clock, boolean terminal) {
    this.out = out;
    this.clock = clock;
    this.terminal = terminal;
    this.begin = clock.nanos();
  }

  /** A step that is done, with the time since the beginning. */
  void done(String what) {
    clear();
    double seconds = (clock.nanos() - begin) / 1e9;
    String mark = terminal ? "\u001b[32m✓\u001b[0m" : "-";
    out.printf(Locale.ROOT, "%s %s (%.1f s)%n", mark, what, seconds);
    last = "";
  }

  /** How many of a number of things are there. */
  void count(String what, int done, int of, String detail) {
    int filled = of == 0 ? BAR : BAR * done / of;
    String line =
        "["
            + "#".repeat(filled)
            + ".".repeat(BAR - filled)
            + "] "
            + what
            + " "
            + done
            + "/"
            + of
            + detail;
    if (line.equals(last)) {
      return;
    }
    if (terminal) {
      clear();
      out.print(line);
      out.flush();
    } else {
      out.println(line);
    }
    last = line;
  }

  private void clear() {
    if (terminal) {
      out.print("\r\u001b[K");
    }
  }
}
