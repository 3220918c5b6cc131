package io.berth.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a reconciler answers where it did not fail.
 *
 * @param again look again after this time although nothing may have happened, or null
 */
public record Outcome(@Nullable Duration again) {
  private static final Outcome DONE = new Outcome(null);

  public static Outcome done() {
    return DONE;
  }

  public static Outcome again(Duration delay) {
    return new Outcome(delay);
  }
}
