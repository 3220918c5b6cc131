package io.berth.api.time;

import java.time.Duration;

/** Runs work later. Safe for use by many threads. */
public interface Timers {
  /**
   * Runs the task once, on the environment's executor, after the delay. A task that throws is
   * logged and dropped.
   *
   * @param delay zero or more
   */
  Cancellable after(Duration delay, Runnable task);

  /** A task that waits for its time. */
  interface Cancellable {
    /** Drops the task where it has not begun. Idempotent. */
    void cancel();
  }
}
