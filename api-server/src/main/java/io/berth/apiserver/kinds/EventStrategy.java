package io.berth.apiserver.kinds;

import io.berth.apiserver.registry.Strategy;

/** Events: the store forgets them by itself. */
final class EventStrategy implements Strategy {
  private static final long LIFETIME_SECONDS = 3_600;

  @Override
  public long lifetimeSeconds() {
    return LIFETIME_SECONDS;
  }
}
