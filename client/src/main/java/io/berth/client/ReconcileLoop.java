package io.berth.client;

import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.api.transport.ApiException;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A work queue and the workers behind it. A key that is added while it waits is merged with itself;
 * a key that is added while it is worked on is worked on once more afterwards; no key is ever
 * worked on by two workers at once. A failure is tried again after an exponential back-off of the
 * key's own, so that one failing object does not hold up the rest.
 *
 * <p>The queue holds each key at most once, so it is bounded by the number of objects. Nothing here
 * waits or owns a thread: workers are tasks on the environment's executor. Safe for use by many
 * threads.
 *
 * @param <K> what names the work
 */
public final class ReconcileLoop<K> implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ReconcileLoop.class);
  private static final BackOff BACK_OFF =
      new BackOff(Duration.ofMillis(5), Duration.ofSeconds(1_000));

  private record Delayed(long dueNanos, Timers.Cancellable timer) {}

  private final String name;
  private final Environment environment;
  private final int workers;
  private final Reconciler<K> reconciler;
  private final LoopMetrics metrics;

  /** Waiting keys and since when, in the order in which they came. */
  private final Map<K, Long> waiting = new LinkedHashMap<>();

  private final Set<K> running = new HashSet<>();
  private final Set<K> addedWhileRunning = new HashSet<>();
  private final Map<K, Delayed> delayed = new HashMap<>();
  private final Map<K, Integer> failures = new HashMap<>();
  private boolean started;
  private boolean closed;

  /**
   * @param name the controller's name in logs and metrics
   * @param workers how many keys are worked on at once
   */
  public ReconcileLoop(
      String name,
      Environment environment,
      int workers,
      Reconciler<K> reconciler,
      MeterRegistry registry) {
    this.name = name;
    this.environment = environment;
    this.workers = workers;
    this.reconciler = reconciler;
    this.metrics = new LoopMetrics(name, registry, this::depth);
  }

  /** Begins to work; keys may be added before. */
  public synchronized void start() {
    started = true;
    pump();
  }

  /** Puts a key into the queue. */
  public synchronized void add(K key) {
    if (closed) {
      return;
    }
    metrics.added();
    if (running.contains(key)) {
      addedWhileRunning.add(key);
    } else {
      waiting.putIfAbsent(key, environment.clock().nanos());
      pump();
    }
  }

  /** Puts a key into the queue later; of several such calls for a key the earliest time holds. */
  public synchronized void addAfter(K key, Duration delay) {
    if (closed) {
      return;
    }
    long due = environment.clock().nanos() + delay.toNanos();
    Delayed earlier = delayed.get(key);
    if (earlier != null) {
      if (earlier.dueNanos() - due <= 0) {
        return;
      }
      earlier.timer().cancel();
    }
    delayed.put(key, new Delayed(due, environment.timers().after(delay, () -> fire(key, due))));
  }

  private synchronized void fire(K key, long due) {
    Delayed now = delayed.get(key);
    if (now != null && now.dueNanos() == due) {
      delayed.remove(key);
      add(key);
    }
  }

  /** How many keys wait. */
  public synchronized int depth() {
    return waiting.size();
  }

  /** Whether nothing waits, runs or is due later. */
  public synchronized boolean idle() {
    return waiting.isEmpty() && running.isEmpty() && delayed.isEmpty();
  }

  /** Takes no more keys and drops those that wait; work that runs goes on to its end. */
  @Override
  public synchronized void close() {
    closed = true;
    waiting.clear();
    addedWhileRunning.clear();
    delayed.values().forEach(d -> d.timer().cancel());
    delayed.clear();
  }

  private void pump() {
    while (started && running.size() < workers && !waiting.isEmpty()) {
      Iterator<Map.Entry<K, Long>> first = waiting.entrySet().iterator();
      Map.Entry<K, Long> entry = first.next();
      K key = entry.getKey();
      metrics.waited(environment.clock().nanos() - entry.getValue());
      first.remove();
      running.add(key);
      environment.executor().execute(() -> work(key));
    }
  }

  /** One step: works on a key that {@link #pump} has marked as running. */
  private void work(K key) {
    long begin = environment.clock().nanos();
    try {
      Outcome outcome = reconciler.reconcile(key);
      succeeded(key, outcome);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the process ends: the key is not worth a retry
    } catch (Exception e) {
      failed(key, e);
    } finally {
      metrics.worked(environment.clock().nanos() - begin);
      finish(key);
    }
  }

  private synchronized void succeeded(K key, Outcome outcome) {
    failures.remove(key);
    if (outcome.again() != null) {
      addAfter(key, outcome.again());
    }
  }

  private void failed(K key, Exception cause) {
    Duration delay;
    int count;
    synchronized (this) {
      count = failures.merge(key, 1, Integer::sum);
      delay = BACK_OFF.delay(count);
      addAfter(key, delay);
    }
    metrics.retried();
    boolean expected = cause instanceof ApiUnavailableException || isConflict(cause);
    log.warn(
        "reconcile failed loop={} key={} failures={} retryMillis={} error={}",
        name,
        key,
        count,
        delay.toMillis(),
        expected ? cause.getMessage() : cause.toString(),
        expected ? null : cause);
  }

  private static boolean isConflict(Exception cause) {
    return cause instanceof ApiException e && e.isConflict();
  }

  private synchronized void finish(K key) {
    running.remove(key);
    if (addedWhileRunning.remove(key)) {
      waiting.putIfAbsent(key, environment.clock().nanos());
    }
    pump();
  }
}
