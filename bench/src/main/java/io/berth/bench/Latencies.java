package io.berth.bench;

import java.util.Arrays;

/**
 * Collects durations of a known number of operations. Safe for use by many threads, each with slots
 * of its own.
 */
final class Latencies {
  private final long[] nanos;

  Latencies(int operations) {
    nanos = new long[operations];
  }

  void set(int operation, long duration) {
    nanos[operation] = duration;
  }

  /** The duration in milliseconds that the given share of operations did not exceed. */
  double millis(double share) {
    long[] sorted = Arrays.stream(nanos).filter(n -> n > 0).sorted().toArray();
    return sorted.length == 0
        ? 0
        : sorted[Math.min(sorted.length - 1, (int) (share * sorted.length))] / 1e6;
  }
}
