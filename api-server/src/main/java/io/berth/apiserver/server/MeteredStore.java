package io.berth.apiserver.server;

import io.berth.api.time.Clock;
import io.berth.apiserver.store.Store;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Times a store's operations, under the name that dashboards know whatever store it is. Metrics of
 * keys would be without bound: operations are told apart and nothing else.
 */
public final class MeteredStore implements Store {
  private static final Duration[] BUCKETS =
      LongStream.of(100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000)
          .map(micros -> micros * 1_000)
          .mapToObj(Duration::ofNanos)
          .toArray(Duration[]::new);

  private final Store store;
  private final Clock clock;
  private final Timer create;
  private final Timer update;
  private final Timer delete;
  private final Timer get;
  private final Timer list;
  private final Timer revision;

  public MeteredStore(Store store, MeterRegistry registry, Clock clock) {
    this.store = store;
    this.clock = clock;
    this.create = timer(registry, "create");
    this.update = timer(registry, "update");
    this.delete = timer(registry, "delete");
    this.get = timer(registry, "get");
    this.list = timer(registry, "list");
    this.revision = timer(registry, "getCurrentRevision");
  }

  private static Timer timer(MeterRegistry registry, String operation) {
    return Timer.builder("etcd_request_duration")
        .description("How long the store took")
        .tag("operation", operation)
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  private <T> T timed(Timer timer, Supplier<T> operation) {
    long began = clock.nanos();
    try {
      return operation.get();
    } finally {
      timer.record(clock.nanos() - began, TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public WriteResult create(String key, byte[] value, long lifetimeSeconds) {
    return timed(create, () -> store.create(key, value, lifetimeSeconds));
  }

  @Override
  public WriteResult update(String key, byte[] value, long expectedRevision, long lifetimeSeconds) {
    return timed(update, () -> store.update(key, value, expectedRevision, lifetimeSeconds));
  }

  @Override
  public WriteResult delete(String key, long expectedRevision) {
    return timed(delete, () -> store.delete(key, expectedRevision));
  }

  @Override
  public Optional<Entry> get(String key) {
    return timed(get, () -> store.get(key));
  }

  @Override
  public Page range(String prefix, @Nullable String afterKey, long revision, int limit) {
    return timed(list, () -> store.range(prefix, afterKey, revision, limit));
  }

  @Override
  public Watch watch(String prefix, long afterRevision, WatchListener listener) {
    return store.watch(prefix, afterRevision, listener);
  }

  @Override
  public long revision() {
    return timed(revision, store::revision);
  }

  @Override
  public void compact(long revision) {
    store.compact(revision);
  }

  @Override
  public long compactedRevision() {
    return store.compactedRevision();
  }

  @Override
  public @Nullable String health() {
    return store.health();
  }

  @Override
  public void close() {
    store.close();
  }
}
