package io.berth.apiserver.store.etcd;

import io.berth.api.time.Clock;
import io.etcd.jetcd.api.LeaseGrantRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Leases shared by keys that are written at about the same time with the same lifetime: etcd pays
 * for each lease, and there are as many events as there are writes.
 */
final class LeaseBook {
  private static final int MOST_KEYS = 1_000;
  private static final long LONGEST_SHARE_SECONDS = 30;

  private record Shared(long id, long grantedNanos, int keys) {}

  private final EtcdConnection connection;
  private final Clock clock;
  private final Map<Long, Shared> byLifetime = new HashMap<>();

  LeaseBook(EtcdConnection connection, Clock clock) {
    this.connection = connection;
    this.clock = clock;
  }

  /** A lease that ends not before the lifetime and at most half a minute later. */
  synchronized long leaseFor(long lifetimeSeconds) {
    long share = Math.clamp(lifetimeSeconds / 60, 1, LONGEST_SHARE_SECONDS);
    Shared known = byLifetime.get(lifetimeSeconds);
    if (known == null
        || known.keys() >= MOST_KEYS
        || clock.nanos() - known.grantedNanos() >= Duration.ofSeconds(share).toNanos()) {
      LeaseGrantRequest request =
          LeaseGrantRequest.newBuilder().setTTL(lifetimeSeconds + share).build();
      known = new Shared(connection.lease(l -> l.leaseGrant(request)).getID(), clock.nanos(), 0);
    }
    byLifetime.put(lifetimeSeconds, new Shared(known.id(), known.grantedNanos(), known.keys() + 1));
    return known.id();
  }

  /** Has new leases granted: etcd may not know the old ones any more. */
  synchronized void forget() {
    byLifetime.clear();
  }
}
