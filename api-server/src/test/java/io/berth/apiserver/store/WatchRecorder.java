package io.berth.apiserver.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Remembers what a watch says, checks its order, and waits for it. */
public final class WatchRecorder implements Store.WatchListener {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Store.Event> events = new ArrayList<>();
  private final List<String> faults = new ArrayList<>();
  private long reached;
  private boolean ended;
  private @Nullable StoreException cause;

  @Override
  public void onEvents(List<Store.Event> batch) {
    update(
        () -> {
          check(!batch.isEmpty(), "an empty batch");
          check(!ended, "events after the end");
          check(
              batch.getFirst().revision() > reached,
              "revision " + batch.getFirst().revision() + " after " + reached);
          for (Store.Event event : batch) {
            check(event.revision() >= reached, event.revision() + " after " + reached);
            reached = event.revision();
            events.add(event);
          }
        });
  }

  @Override
  public void onProgress(long revision) {
    update(
        () -> {
          check(revision >= reached, "progress " + revision + " after " + reached);
          reached = revision;
        });
  }

  @Override
  public void onEnd(@Nullable StoreException why) {
    update(
        () -> {
          check(!ended, "a second end");
          ended = true;
          cause = why;
        });
  }

  private void update(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void check(boolean holds, String fault) {
    if (!holds) {
      faults.add(fault);
    }
  }

  /** Waits until the watch has shown everything up to the revision; what it showed by then. */
  public List<Store.Event> through(long revision) {
    await(() -> reached >= revision || ended, "revision " + revision);
    return events();
  }

  /** Waits for so many events. */
  public List<Store.Event> count(int number) {
    await(() -> events.size() >= number || ended, number + " events");
    return events();
  }

  /** Waits for the end. */
  public @Nullable StoreException end() {
    await(() -> ended, "the end");
    lock.lock();
    try {
      return cause;
    } finally {
      lock.unlock();
    }
  }

  public boolean ended() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  public List<Store.Event> events() {
    lock.lock();
    try {
      if (!faults.isEmpty()) {
        throw new AssertionError("the watch broke its contract: " + faults);
      }
      return List.copyOf(events);
    } finally {
      lock.unlock();
    }
  }

  private void await(BooleanSupplier condition, String what) {
    lock.lock();
    try {
      long left = LIMIT.toNanos();
      while (!condition.getAsBoolean()) {
        if (left <= 0) {
          throw new AssertionError(
              "waited in vain for " + what + ": reached " + reached + ", " + events.size());
        }
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } finally {
      lock.unlock();
    }
  }

  /** Nanoseconds in the limit, for other waits of tests. */
  public static long limitNanos() {
    return TimeUnit.NANOSECONDS.convert(LIMIT);
  }
}
