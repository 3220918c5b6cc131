package io.berth.agent.probe;

import java.util.Optional;

/** Counts results in a row until they reach their threshold. */
final class Streak {
  private final ProbeSettings settings;
  private boolean last;
  private int length;

  Streak(ProbeSettings settings) {
    this.settings = settings;
  }

  /** The result that now counts, or empty while it has not come often enough. */
  Optional<Boolean> add(boolean success) {
    length = success == last ? length + 1 : 1;
    last = success;
    int threshold = success ? settings.successThreshold() : settings.failureThreshold();
    return length >= threshold ? Optional.of(success) : Optional.empty();
  }
}
