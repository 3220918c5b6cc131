package io.berth.controllers.loop;

import io.berth.api.time.Clock;
import io.berth.client.Outcome;
import io.berth.client.ReconcileLoop;
import io.berth.client.Reconciler;
import io.micrometer.core.instrument.Gauge;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * A reconcile loop that can be seen to live: it counts as dead when one reconcile has run for
 * {@link #STUCK} without an end, or when work waits and none was begun for as long. The gauge
 * {@code controller_loop_alive} shows it, 1 or 0. Safe for use by many threads.
 *
 * @param <K> what names the work
 */
public final class WatchedLoop<K> implements AutoCloseable {
  /** Longer than any request may take, its retries included. */
  static final Duration STUCK = Duration.ofMinutes(5);

  private final Clock clock;
  private final ReconcileLoop<K> loop;
  private final Map<Long, Long> runningSince = new HashMap<>();
  private long tickets;
  private long lastBegunNanos;

  public WatchedLoop(
      String name, ControllerContext context, int workers, Reconciler<K> reconciler) {
    this.clock = context.environment().clock();
    this.lastBegunNanos = clock.nanos();
    this.loop =
        new ReconcileLoop<>(
            name,
            context.environment(),
            workers,
            key -> watched(reconciler, key),
            context.registry());
    Gauge.builder("controller.loop.alive", () -> alive() ? 1 : 0)
        .description("Whether the controller's loop gets its work done")
        .tag("name", name)
        .register(context.registry());
  }

  private Outcome watched(Reconciler<K> reconciler, K key) throws Exception {
    long ticket;
    synchronized (this) {
      ticket = tickets++;
      lastBegunNanos = clock.nanos();
      runningSince.put(ticket, lastBegunNanos);
    }
    try {
      return reconciler.reconcile(key);
    } finally {
      synchronized (this) {
        runningSince.remove(ticket);
      }
    }
  }

  public synchronized boolean alive() {
    long now = clock.nanos();
    boolean starved =
        loop.depth() > 0 && runningSince.isEmpty() && now - lastBegunNanos > STUCK.toNanos();
    return !starved
        && runningSince.values().stream().allMatch(since -> now - since <= STUCK.toNanos());
  }

  public void add(K key) {
    loop.add(key);
  }

  public void addAfter(K key, Duration delay) {
    loop.addAfter(key, delay);
  }

  public void start() {
    synchronized (this) {
      lastBegunNanos = clock.nanos();
    }
    loop.start();
  }

  @Override
  public void close() {
    loop.close();
  }
}
