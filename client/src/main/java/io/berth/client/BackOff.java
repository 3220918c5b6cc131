package io.berth.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential back-off: the first failure waits {@code base}, each further one twice as long, up to
 * {@code cap}.
 *
 * @param base delay after the first failure
 * @param cap the longest delay
 */
public record BackOff(Duration base, Duration cap) {
  /** The delay after the given number of failures in a row, without jitter. */
  public Duration delay(int failures) {
    int doublings = Math.clamp(failures - 1, 0, 40);
    long nanos = base.toNanos();
    long limit = cap.toNanos();
    return Duration.ofNanos(nanos > limit >> doublings ? limit : nanos << doublings);
  }

  /**
   * The same with up to a fifth added, so that many clients of one failed server do not return as
   * one.
   */
  public Duration delay(int failures, RandomGenerator random) {
    long nanos = delay(failures).toNanos();
    return Duration.ofNanos(nanos + random.nextLong(nanos / 5 + 1));
  }
}
