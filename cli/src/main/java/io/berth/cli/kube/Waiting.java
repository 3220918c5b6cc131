package io.berth.cli.kube;

import io.berth.api.time.Environment;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/** Waits for a condition by looking now and then: a few milliseconds at first, longer later. */
public final class Waiting {
  private static final Duration FIRST = Duration.ofMillis(20);
  private static final Duration LONGEST = Duration.ofMillis(250);

  private final Environment environment;
  private final long end;

  /**
   * @param limit how long all waits together may take
   */
  public Waiting(Environment environment, Duration limit) {
    this.environment = environment;
    this.end = environment.clock().nanos() + limit.toNanos();
  }

  /** Whether the condition held before the time was over. */
  public boolean until(BooleanSupplier condition) {
    Duration pause = FIRST;
    while (!condition.getAsBoolean()) {
      if (environment.clock().nanos() - end >= 0) {
        return false;
      }
      pause(pause);
      pause = pause.multipliedBy(2).compareTo(LONGEST) > 0 ? LONGEST : pause.multipliedBy(2);
    }
    return true;
  }

  private void pause(Duration duration) {
    CountDownLatch over = new CountDownLatch(1);
    environment.timers().after(duration, over::countDown);
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
