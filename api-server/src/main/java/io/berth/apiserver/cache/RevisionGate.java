package io.berth.apiserver.cache;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A revision that only grows, and those who wait for it. */
final class RevisionGate {
  private record Waiter(long revision, CountDownLatch reached) {}

  private final AtomicLong revision = new AtomicLong();
  private final PriorityQueue<Waiter> waiters =
      new PriorityQueue<>(Comparator.comparingLong(Waiter::revision));

  long revision() {
    return revision.get();
  }

  /** Lets those go on whose revision is reached. */
  void advance(long to) {
    if (revision.accumulateAndGet(to, Math::max) > to) {
      return;
    }
    synchronized (waiters) {
      while (!waiters.isEmpty() && waiters.peek().revision() <= to) {
        waiters.remove().reached().countDown();
      }
    }
  }

  /** Waits until the revision is reached; false where that takes longer than the limit. */
  boolean await(long wanted, Duration limit) {
    if (revision.get() >= wanted) {
      return true;
    }
    Waiter waiter = new Waiter(wanted, new CountDownLatch(1));
    synchronized (waiters) {
      if (revision.get() >= wanted) {
        return true;
      }
      waiters.add(waiter);
    }
    try {
      return waiter.reached().await(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      synchronized (waiters) {
        waiters.remove(waiter);
      }
    }
  }
}
