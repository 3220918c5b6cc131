package io.berth.cli.simulate;

import io.berth.api.time.Clock;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How far a count has come, as a line that is rewritten a few times a second; nothing where there
 * is no terminal. Safe for use by many threads.
 */
final class ProgressBar implements AutoCloseable {
  private static final int WIDTH = 30;
  private static final long PAUSE = Duration.ofMillis(100).toNanos();

  private final PrintStream out;
  private final Clock clock;
  private final boolean terminal;
  private final long total;
  private final long begin;
  private final AtomicLong count = new AtomicLong();
  private final ReentrantLock drawing = new ReentrantLock();
  private volatile long lastDrawn;

  ProgressBar(PrintStream out, Clock clock, boolean terminal, long total) {
    this.out = out;
    this.clock = clock;
    this.terminal = terminal;
    this.total = Math.max(1, total);
    this.begin = clock.nanos();
    this.lastDrawn = begin;
  }

  static ProgressBar onStandardError(Clock clock, long total) {
    return new ProgressBar(System.err, clock, errorsGoToATerminal(), total);
  }

  /** The JDK tells only of input and output together. */
  private static boolean errorsGoToATerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }
  }

  /** One more. */
  void add() {
    long now = count.incrementAndGet();
    if (terminal && (now & 63) == 0 && clock.nanos() - lastDrawn > PAUSE && drawing.tryLock()) {
      try {
        lastDrawn = clock.nanos();
        draw(now);
      } finally {
        drawing.unlock();
      }
    }
  }

  private void draw(long now) {
    double part = Math.min(1, (double) now / total);
    int filled = (int) (WIDTH * part);
    double left = (clock.nanos() - begin) / 1e9 * (1 - part) / Math.max(part, 1e-9);
    out.printf(
        Locale.ROOT,
        "\r\u001b[K[%s%s] %3.0f %%  %,d of %,d pods, %.0f s left",
        "#".repeat(filled),
        ".".repeat(WIDTH - filled),
        100 * part,
        now,
        total,
        left);
    out.flush();
  }

  /** Takes the line away. */
  @Override
  public void close() {
    if (terminal) {
      out.print("\r\u001b[K");
      out.flush();
    }
  }
}
