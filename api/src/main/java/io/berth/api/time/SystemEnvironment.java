package io.berth.api.time;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The real world: the machine's clocks, one timer thread, a virtual thread for each task. */
public final class SystemEnvironment implements Environment, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SystemEnvironment.class);

  private static final Clock CLOCK =
      new Clock() {
        @Override
        public Instant now() {
          return Instant.now();
        }

        @Override
        public long nanos() {
          return System.nanoTime();
        }
      };

  private static final RandomGenerator RANDOM = () -> ThreadLocalRandom.current().nextLong();

  private final ExecutorService executor =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("berth-", 0).factory());
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().daemon().name("berth-timers").factory());

  public SystemEnvironment() {
    timer.setRemoveOnCancelPolicy(true);
    // Work that still runs at the close may set a timer: it is dropped like those that wait.
    timer.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
  }

  @Override
  public Clock clock() {
    return CLOCK;
  }

  @Override
  public Timers timers() {
    return this::after;
  }

  private Timers.Cancellable after(Duration delay, Runnable task) {
    ScheduledFuture<?> future =
        timer.schedule(
            () -> executor.execute(guarded(task)), delay.toNanos(), TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        log.error("a timer's task failed", e);
      }
    };
  }

  @Override
  public Executor executor() {
    return executor;
  }

  @Override
  public RandomGenerator random() {
    return RANDOM;
  }

  /** Drops waiting timers and interrupts running tasks; does not wait for them. */
  @Override
  public void close() {
    timer.shutdownNow();
    executor.shutdownNow();
  }

  /**
   * Closes, and waits for the running tasks: what they wrote to is theirs until then.
   *
   * @return whether they all ended in time
   */
  public boolean closeAndWait(Duration atMost) throws InterruptedException {
    close();
    return executor.awaitTermination(atMost.toNanos(), TimeUnit.NANOSECONDS);
  }
}
