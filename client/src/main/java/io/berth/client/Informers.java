package io.berth.client;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.time.Environment;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

/** A process's informers: one a resource and selection, shared. Safe for use by many threads. */
public final class Informers implements AutoCloseable {
  private record Key(GroupResource resource, Selection selection) {}

  private final ApiClient client;
  private final Environment environment;
  private final Map<Key, Informer> informers = new LinkedHashMap<>();
  private final Map<Key, Reflector> reflectors = new LinkedHashMap<>();
  private final Map<Informer, Reflector> kept = new LinkedHashMap<>();
  private boolean started;

  public Informers(ApiClient client, Environment environment) {
    this.client = client;
    this.environment = environment;
  }

  public Informer of(ResourceDefinition resource) {
    return of(resource, Selection.ALL);
  }

  /**
   * The informer of that selection; made, and where the others run already started, on the first
   * call.
   */
  public synchronized Informer of(ResourceDefinition resource, Selection selection) {
    return informers.computeIfAbsent(
        new Key(resource.groupResource(), selection),
        key -> {
          Informer informer = new Informer(resource);
          Reflector reflector = new Reflector(client, environment, informer, selection);
          reflectors.put(key, reflector);
          if (started) {
            reflector.start();
          }
          return informer;
        });
  }

  /**
   * An informer of its own that keeps of each object only what the function leaves: for who looks
   * at little of very many. The function must keep key, uid and revision.
   */
  public synchronized Informer ofKept(ResourceDefinition resource, UnaryOperator<ApiObject> keep) {
    Informer informer = new Informer(resource, keep);
    Reflector reflector = new Reflector(client, environment, informer, Selection.ALL);
    kept.put(informer, reflector);
    if (started) {
      reflector.start();
    }
    return informer;
  }

  /** Ends the informer of all objects of a resource that is no longer served, and forgets it. */
  public synchronized void drop(ResourceDefinition resource) {
    Key key = new Key(resource.groupResource(), Selection.ALL);
    informers.remove(key);
    Reflector reflector = reflectors.remove(key);
    if (reflector != null) {
      reflector.close();
    }
  }

  public synchronized void start() {
    if (!started) {
      started = true;
      reflectors.values().forEach(Reflector::start);
      kept.values().forEach(Reflector::start);
    }
  }

  /** Whether every informer has been complete once. */
  public synchronized boolean synced() {
    return informers.values().stream().allMatch(Informer::synced)
        && kept.keySet().stream().allMatch(Informer::synced);
  }

  /**
   * Runs the task once every informer is complete. Looks each few milliseconds, on a timer: this
   * happens once in a process's life.
   */
  public void whenSynced(Runnable task) {
    if (synced()) {
      environment.executor().execute(task);
    } else {
      environment.timers().after(Duration.ofMillis(2), () -> whenSynced(task));
    }
  }

  /**
   * Waits until every informer is complete. Not under simulated time, where nothing may wait: see
   * {@link #whenSynced}.
   *
   * @return false when the time was over first
   */
  public boolean awaitSynced(Duration limit) throws InterruptedException {
    CountDownLatch latch = new CountDownLatch(1);
    AtomicBoolean abandoned = new AtomicBoolean();
    poll(latch, abandoned);
    boolean done = latch.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    abandoned.set(true);
    return done;
  }

  private void poll(CountDownLatch latch, AtomicBoolean abandoned) {
    if (synced()) {
      latch.countDown();
    } else if (!abandoned.get()) {
      environment.timers().after(Duration.ofMillis(2), () -> poll(latch, abandoned));
    }
  }

  @Override
  public synchronized void close() {
    reflectors.values().forEach(Reflector::close);
    kept.values().forEach(Reflector::close);
  }
}
