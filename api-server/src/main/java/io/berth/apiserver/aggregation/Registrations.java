package io.berth.apiserver.aggregation;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.apiserver.cache.WatchCache;
import java.util.HashMap;
import java.util.Map;

/** All APIServices as the watch cache shows them, each read once a change. For one thread. */
final class Registrations {
  private final WatchCache cache;
  private Map<String, Registered> known = Map.of();

  Registrations(WatchCache cache) {
    this.cache = cache;
  }

  /** By name. */
  Map<String, Registered> now() {
    Map<String, Registered> now = new HashMap<>();
    for (ApiObject object : cache.list(Resources.API_SERVICES.groupResource(), null).objects()) {
      Registered before = known.get(object.key().name());
      now.put(
          object.key().name(),
          before != null && before.revision() == object.header().revision()
              ? before
              : Registered.of(object));
    }
    known = now;
    return now;
  }
}
