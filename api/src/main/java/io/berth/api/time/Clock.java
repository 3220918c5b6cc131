package io.berth.api.time;

import java.time.Instant;

/**
 * The only source of time below the composition roots, so that a whole cluster can run under
 * simulated time. Durations are measured with {@link #nanos()}; {@link #now()} is only for
 * timestamps that people and other machines read. Safe for use by many threads.
 */
public interface Clock {
  /** Wall-clock time. May jump. */
  Instant now();

  /** Monotonic time in nanoseconds from an arbitrary origin. */
  long nanos();
}
