package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.apiserver.cache.WatchCache;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back the addresses and ports of services that were never stored, because a server died in
 * between. Two passes must agree, minutes apart, so that nothing is taken from a service that is
 * just being made.
 */
final class ClaimRepair {
  private static final Logger log = LoggerFactory.getLogger(ClaimRepair.class);
  private static final Duration EVERY = Duration.ofMinutes(3);

  private final WatchCache cache;
  private final ServiceClaims claims;
  private final Environment environment;

  ClaimRepair(WatchCache cache, ServiceClaims claims, Environment environment) {
    this.cache = cache;
    this.claims = claims;
    this.environment = environment;
  }

  void start() {
    environment.timers().after(EVERY, this::run);
  }

  private void run() {
    try {
      step();
    } catch (RuntimeException e) {
      log.warn("repair of service addresses failed cause={}", e.getMessage());
    }
    start();
  }

  void step() {
    cache.freshRevision();
    List<JsonNode> services = new ArrayList<>();
    cache
        .list(Resources.SERVICES.groupResource(), null)
        .objects()
        .forEach(object -> services.add(object.tree()));
    List<String> released = claims.repair(services);
    if (!released.isEmpty()) {
      log.info("gave back unused service addresses and ports released={}", released);
    }
  }
}
