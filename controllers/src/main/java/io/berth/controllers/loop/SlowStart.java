package io.berth.controllers.loop;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Does many like things in batches of 1, 2, 4, ... at once, and stops after the first batch in
 * which one failed: what cannot work is tried once and not five hundred times.
 *
 * <p>The caller works too and the executor's tasks help it; where nothing runs beside the caller,
 * as under simulated time, it does everything itself and waits for nobody.
 */
public final class SlowStart {
  /** The most requests of one batch that are under way at once. */
  private static final int HELPERS = 31;

  private SlowStart() {}

  /**
   * @param attempt tells whether it succeeded; must not throw
   * @return how many succeeded
   */
  public static <T> int run(Executor executor, List<T> items, Function<T, Boolean> attempt)
      throws InterruptedException {
    int done = 0;
    int from = 0;
    for (int size = 1; from < items.size(); size *= 2) {
      List<T> batch = items.subList(from, Math.min(items.size(), from + size));
      int succeeded = together(executor, batch, attempt);
      done += succeeded;
      if (succeeded < batch.size()) {
        return done;
      }
      from += batch.size();
    }
    return done;
  }

  /** All at once, without a slow start. */
  public static <T> int together(Executor executor, List<T> items, Function<T, Boolean> attempt)
      throws InterruptedException {
    AtomicInteger next = new AtomicInteger();
    AtomicInteger succeeded = new AtomicInteger();
    CountDownLatch finished = new CountDownLatch(items.size());
    Runnable worker =
        () -> {
          int i;
          while ((i = next.getAndIncrement()) < items.size()) {
            try {
              if (attempt.apply(items.get(i))) {
                succeeded.incrementAndGet();
              }
            } finally {
              finished.countDown();
            }
          }
        };
    for (int helper = 0; helper < Math.min(HELPERS, items.size() - 1); helper++) {
      executor.execute(worker);
    }
    worker.run();
    finished.await();
    return succeeded.get();
  }
}
