package io.berth.apiserver.store;

import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.time.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts and times what is asked of a store, under the names that Kubernetes' dashboards know from
 * etcd, whichever store it is.
 */
public final class MeteredStore implements Store {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofMillis(5),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(200),
    Duration.ofMillis(400),
    Duration.ofMillis(800),
    Duration.ofSeconds(2),
    Duration.ofSeconds(8),
  };
  private static final GroupResource NONE = new GroupResource("", "");

  private record Meter(String operation, GroupResource resource) {}

  private record Meters(Timer duration, Counter requests, Counter errors) {}

  private final Store store;
  private final MeterRegistry registry;
  private final Clock clock;
  private final Map<Meter, Meters> meters = new ConcurrentHashMap<>();

  public MeteredStore(Store store, MeterRegistry registry, Clock clock) {
    this.store = store;
    this.registry = registry;
    this.clock = clock;
  }

  private <T> T timed(String operation, String key, Supplier<T> call) {
    Meters meter = meters.computeIfAbsent(new Meter(operation, resource(key)), this::register);
    long start = clock.nanos();
    meter.requests().increment();
    try {
      return call.get();
    } catch (StoreException e) {
      meter.errors().increment();
      throw e;
    } finally {
      meter.duration().record(Duration.ofNanos(clock.nanos() - start));
    }
  }

  private Meters register(Meter meter) {
    String[] tags = {
      "operation", meter.operation(),
      "group", meter.resource().group(),
      "resource", meter.resource().resource()
    };
    return new Meters(
        Timer.builder("etcd_request_duration_seconds")
            .description("Duration of the store's requests, by operation and resource")
            .tags(tags)
            .serviceLevelObjectives(BUCKETS)
            .register(registry),
        Counter.builder("etcd_requests_total")
            .description("The store's requests, by operation and resource")
            .tags(tags)
            .register(registry),
        Counter.builder("etcd_request_errors_total")
            .description("The store's requests that failed, by operation and resource")
            .tags(tags)
            .register(registry));
  }

  private static GroupResource resource(String key) {
    ObjectKey object = StoreKeys.parse(key.endsWith("/") ? key + "_/_" : key);
    return object == null ? NONE : object.resource();
  }

  @Override
  public WriteResult create(String key, byte[] value, long lifetimeSeconds) {
    return timed("create", key, () -> store.create(key, value, lifetimeSeconds));
  }

  @Override
  public WriteResult update(String key, byte[] value, long expected, long lifetimeSeconds) {
    return timed("update", key, () -> store.update(key, value, expected, lifetimeSeconds));
  }

  @Override
  public WriteResult delete(String key, long expected) {
    return timed("delete", key, () -> store.delete(key, expected));
  }

  @Override
  public Optional<Entry> get(String key) {
    return timed("get", key, () -> store.get(key));
  }

  @Override
  public Page range(String prefix, @Nullable String afterKey, long revision, int limit) {
    return timed("list", prefix, () -> store.range(prefix, afterKey, revision, limit));
  }

  @Override
  public Watch watch(String prefix, long afterRevision, WatchListener listener) {
    return store.watch(prefix, afterRevision, listener);
  }

  @Override
  public long revision() {
    return timed("getCurrentResourceVersion", "", store::revision);
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
