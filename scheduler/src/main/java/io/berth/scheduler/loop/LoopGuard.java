package io.berth.scheduler.loop;

import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.queue.SchedulingQueue;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The lock on all that the loop works on, and what tells when the loop runs: while a pod is there
 * to be decided and not too many tasks are on their way that earlier decisions began. Whoever
 * changes what the loop works on holds the lock of this object, does not wait under it, and wakes
 * the loop.
 */
final class LoopGuard {
  private final SchedulingQueue queue;
  private final Executor core;
  private final Runnable loop;
  private final int maxInFlight;

  /** Bindings and evictions on their way. */
  private int inFlight;

  private boolean started;
  private boolean running;
  private boolean closed;

  /**
   * @param loop the loop, which ends when {@link #next} has nothing more for it
   */
  LoopGuard(SchedulingQueue queue, Executor core, Runnable loop, int maxInFlight) {
    this.queue = queue;
    this.core = core;
    this.loop = loop;
    this.maxInFlight = maxInFlight;
  }

  synchronized void start() {
    started = true;
    wake();
  }

  synchronized boolean started() {
    return started;
  }

  synchronized void close() {
    closed = true;
  }

  synchronized void wake() {
    if (started && !running && !closed && queue.active() > 0) {
      running = true;
      core.execute(loop);
    }
  }

  /** The pod to decide now; null ends the loop's run. */
  synchronized @Nullable PodRecord next() {
    PodRecord pod = closed || inFlight >= maxInFlight ? null : queue.pop();
    running = pod != null;
    return pod;
  }

  /** A task that a decision asked for is on its way. */
  synchronized void began() {
    inFlight++;
  }

  /** It has ended. */
  synchronized void ended() {
    inFlight--;
    wake();
  }

  synchronized <T> T read(Supplier<T> value) {
    return value.get();
  }
}
