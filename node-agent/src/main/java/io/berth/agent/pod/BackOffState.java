package io.berth.agent.pod;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long a container that ended must wait before it runs again: not at all the first time, then
 * 10 s, doubling to 5 min; forgotten once it ran for 10 min.
 *
 * @param delay the wait after its next end; zero for a container that never ended
 * @param sinceNanos when this was set, monotonic
 */
public record BackOffState(Duration delay, long sinceNanos) {
  static final Duration BASE = Duration.ofSeconds(10);
  static final Duration CAP = Duration.ofMinutes(5);
  static final Duration FORGET = Duration.ofMinutes(10);

  /** How long a container that ended at that time still has to wait; zero or less for none. */
  static Duration wait(@Nullable BackOffState state, long endedNanos, long nowNanos) {
    if (state == null || state.forgotten(endedNanos)) {
      return Duration.ZERO;
    }
    return state.delay.minusNanos(nowNanos - endedNanos);
  }

  /** The state after one more restart. */
  static BackOffState next(@Nullable BackOffState state, long endedNanos, long nowNanos) {
    if (state == null || state.delay.isZero() || state.forgotten(endedNanos)) {
      return new BackOffState(BASE, nowNanos);
    }
    Duration doubled = state.delay.multipliedBy(2);
    return new BackOffState(doubled.compareTo(CAP) > 0 ? CAP : doubled, nowNanos);
  }

  private boolean forgotten(long endedNanos) {
    return endedNanos - sinceNanos > FORGET.toNanos();
  }
}
