package io.berth.api.time;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * A world in which time passes only when it is told to, and everything runs on the thread that
 * tells it: no task ever waits for another. Two runs from one seed do the same in the same order.
 * Tasks that are due at the same time run in the order in which they were given. Not for use by
 * several threads at once, but tasks may add tasks.
 */
public final class SimulatedEnvironment implements Environment {
  private record Due(long atNanos, long sequence, Runnable task) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      int byTime = Long.compare(atNanos, other.atNanos);
      return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
    }
  }

  private final Instant start;
  private final Random random;
  private final PriorityQueue<Due> timers = new PriorityQueue<>();
  private final Queue<Runnable> ready = new ArrayDeque<>();
  private long nanos;
  private long sequence;

  public SimulatedEnvironment(long seed) {
    this(seed, Instant.parse("2026-01-01T00:00:00Z"));
  }

  public SimulatedEnvironment(long seed, Instant start) {
    this.random = new Random(seed);
    this.start = start;
  }

  @Override
  public Clock clock() {
    return new Clock() {
      @Override
      public Instant now() {
        return start.plusNanos(nanos);
      }

      @Override
      public long nanos() {
        return nanos;
      }
    };
  }

  @Override
  public Timers timers() {
    return (delay, task) -> {
      Due due = new Due(nanos + Math.max(0, delay.toNanos()), sequence++, task);
      timers.add(due);
      return () -> timers.remove(due);
    };
  }

  @Override
  public Executor executor() {
    return ready::add;
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  /** Runs all that is ready now, and what that makes ready, without letting time pass. */
  public void runReady() {
    Runnable task;
    while ((task = ready.poll()) != null) {
      task.run();
    }
  }

  /** Lets time pass and runs, in order, everything that comes due in it. */
  public void advance(Duration duration) {
    long end = nanos + duration.toNanos();
    runReady();
    Due next;
    while ((next = timers.peek()) != null && next.atNanos() <= end) {
      timers.remove();
      nanos = next.atNanos();
      ready.add(next.task());
      runReady();
    }
    nanos = end;
  }
}
