package io.berth.bench;

import io.berth.api.time.Environment;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs operations from a fixed number of workers, each sending the next as soon as its last was
 * answered.
 */
final class Load {
  private final Environment environment;
  private final int workers;

  Load(Environment environment, int workers) {
    this.environment = environment;
    this.workers = workers;
  }

  /**
   * Runs operations 0 to {@code count - 1} and waits for all of them.
   *
   * @throws RuntimeException the first failure of an operation
   */
  Latencies run(int count, IntConsumer operation) {
    Latencies latencies = new Latencies(count);
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    CountDownLatch done = new CountDownLatch(workers);
    for (int i = 0; i < workers; i++) {
      environment.executor().execute(() -> work(count, operation, latencies, next, failure, done));
    }
    await(done);
    RuntimeException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
    return latencies;
  }

  private void work(
      int count,
      IntConsumer operation,
      Latencies latencies,
      AtomicInteger next,
      AtomicReference<@Nullable RuntimeException> failure,
      CountDownLatch done) {
    try {
      int index;
      while (failure.get() == null && (index = next.getAndIncrement()) < count) {
        long begin = environment.clock().nanos();
        operation.accept(index);
        latencies.set(index, environment.clock().nanos() - begin);
      }
    } catch (RuntimeException e) {
      failure.compareAndSet(null, e);
    } finally {
      done.countDown();
    }
  }

  static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
