package io.berth.agent.runtime.fake;

import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.api.time.Timers;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A command that a {@link FakeShell} understood; it runs on the thread that waits for it. */
final class FakeExec implements RuntimeDriver.Exec {
  private final Environment environment;
  private final FakeShell.Run run;
  private final boolean tty;
  private final @Nullable InputStream stdin;
  private final OutputStream stdout;
  private final @Nullable OutputStream stderr;
  private final CountDownLatch closed = new CountDownLatch(1);
  private String size = "";

  FakeExec(
      Environment environment,
      FakeShell.Run run,
      boolean tty,
      @Nullable InputStream stdin,
      OutputStream stdout,
      @Nullable OutputStream stderr) {
    this.environment = environment;
    this.run = run;
    this.tty = tty;
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  @Override
  public int waitFor() throws InterruptedException {
    FakeProcess process = run.process();
    try {
      print(stdout, process.stdout());
      print(stderr == null || tty ? stdout : stderr, process.stderr());
      if (run.copiesInput() && stdin != null) {
        copy(stdin);
      }
    } catch (IOException e) {
      throw new RuntimeDriverException("exec: " + e.getMessage(), e);
    }
    if (!(environment instanceof SimulatedEnvironment) && !endsWithin(process.runsFor())) {
      return 137;
    }
    return process.exitCode();
  }

  /** Whether it ends by itself, and not by {@link #close}. */
  private boolean endsWithin(@Nullable Duration time) throws InterruptedException {
    if (time != null && time.isZero()) {
      return true;
    }
    CountDownLatch over = new CountDownLatch(1);
    Timers.Cancellable timer =
        time == null
            ? () -> {}
            : environment
                .timers()
                .after(
                    time,
                    () -> {
                      over.countDown();
                      closed.countDown();
                    });
    closed.await();
    timer.cancel();
    return over.getCount() == 0;
  }

  private void copy(InputStream from) throws IOException {
    byte[] buffer = new byte[8192];
    int length;
    while ((length = from.read(buffer)) >= 0) {
      stdout.write(buffer, 0, length);
      stdout.flush();
    }
  }

  private static void print(OutputStream to, String text) throws IOException {
    if (!text.isEmpty()) {
      to.write(text.getBytes(StandardCharsets.UTF_8));
      to.flush();
    }
  }

  @Override
  public synchronized void resize(int columns, int rows) {
    size = columns + "x" + rows;
  }

  synchronized String size() {
    return size;
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
