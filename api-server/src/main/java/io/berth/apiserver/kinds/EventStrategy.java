package io.berth.apiserver.kinds;

import io.berth.api.apply.OtherVersions;
import io.berth.api.resource.ResourceDefinition;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.Versions;

/** Events: the store forgets them by itself. */
final class EventStrategy implements Strategy {
  private static final long LIFETIME_SECONDS = 3_600;

  @Override
  public Versions versions(ResourceDefinition requested) {
    return requested.group().isEmpty() ? Versions.ONE : EventVersions.EVENTS_GROUP;
  }

  @Override
  public OtherVersions otherVersions(ResourceDefinition requested) {
    return new BuiltInVersions(this, requested);
  }

  @Override
  public long lifetimeSeconds() {
    return LIFETIME_SECONDS;
  }
}
