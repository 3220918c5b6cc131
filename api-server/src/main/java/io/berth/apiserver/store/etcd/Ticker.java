package io.berth.apiserver.store.etcd;

import com.google.protobuf.ByteString;
import io.berth.api.time.Timers;
import io.berth.apiserver.store.StoreException;
import io.berth.apiserver.store.StoreKeys;
import io.etcd.jetcd.api.PutRequest;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes progress visible where another user of the same etcd wrote last: a revision was read that
 * no watch reaches, so one small key is written inside the watched range. Its event tells every
 * watch that all before has been shown.
 */
final class Ticker {
  private static final Logger log = LoggerFactory.getLogger(Ticker.class);
  private static final String KEY = StoreKeys.ROOT + "tick";
  private static final Duration PATIENCE = Duration.ofMillis(150);

  private final EtcdConnection connection;
  private final Timers timers;
  private final Set<EtcdWatch> watches;
  private final AtomicLong expected = new AtomicLong();
  private final AtomicBoolean waiting = new AtomicBoolean();

  Ticker(EtcdConnection connection, Timers timers, Set<EtcdWatch> watches) {
    this.connection = connection;
    this.timers = timers;
    this.watches = watches;
  }

  /** Says that somebody has read a revision and may wait for watches to reach it. */
  void expect(long revision) {
    expected.accumulateAndGet(revision, Math::max);
    if (behind(revision) && waiting.compareAndSet(false, true)) {
      timers.after(PATIENCE, () -> tick(revision));
    }
  }

  private void tick(long revision) {
    waiting.set(false);
    if (behind(revision)) {
      PutRequest put =
          PutRequest.newBuilder()
              .setKey(EtcdKeys.bytes(KEY))
              .setValue(ByteString.copyFromUtf8(Long.toString(revision)))
              .build();
      try {
        connection.kv(kv -> kv.put(put));
      } catch (StoreException e) {
        log.debug("no tick for revision={}: {}", revision, e.getMessage());
      }
    }
  }

  private boolean behind(long revision) {
    return watches.stream().anyMatch(w -> w.reached() < revision);
  }
}
