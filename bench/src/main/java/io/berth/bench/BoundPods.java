package io.berth.bench;

import io.berth.api.object.ApiObject;
import io.berth.api.time.Environment;
import io.berth.client.Informer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits until pods have nodes and takes down how long each took. Safe for use by many threads. */
final class BoundPods implements Informer.Handler {
  private static final long LIMIT_SECONDS = 600;

  private record Created(int index, long nanos) {}

  private final Environment environment;
  private final Map<String, Created> created = new ConcurrentHashMap<>();
  private final Latencies latencies;
  private final CountDownLatch bound;

  BoundPods(Environment environment, int count) {
    this.environment = environment;
    this.latencies = new Latencies(count);
    this.bound = new CountDownLatch(count);
  }

  Latencies latencies() {
    return latencies;
  }

  /**
   * A pod is about to be created.
   *
   * @param nanos when it was to be, by the environment's clock
   */
  void creating(String name, int index, long nanos) {
    created.put(name, new Created(index, nanos));
  }

  void await() {
    try {
      if (!bound.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(
            bound.getCount() + " pods were not bound within " + LIMIT_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void onAdd(ApiObject now) {
    take(now);
  }

  @Override
  public void onUpdate(ApiObject before, ApiObject now) {
    take(now);
  }

  @Override
  public void onDelete(ApiObject last) {}

  private void take(ApiObject pod) {
    if (pod.header().fields().getOrDefault("spec.nodeName", "").isEmpty()) {
      return;
    }
    Created known = created.remove(pod.key().name());
    if (known != null) {
      latencies.set(known.index(), environment.clock().nanos() - known.nanos());
      bound.countDown();
    }
  }
}
