package io.berth.scheduler.loop;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.client.ApiClient;
import io.berth.client.EventRecorder;
import io.berth.client.Informer;
import io.berth.client.Informers;
import io.berth.scheduler.cache.NodeReader;
import io.berth.scheduler.cache.PodReader;
import io.berth.scheduler.cache.SchedulerCache;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.Decider;
import io.berth.scheduler.core.Decision;
import io.berth.scheduler.core.Filter;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.queue.SchedulingQueue;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler: watches nodes and pods, decides pod after pod, and binds.
 *
 * <p>{@link #step} is the main loop's body: take the next pod, decide on the snapshot, assume. It
 * and the informers' events are guarded by one lock and never wait; bindings and status writes are
 * tasks of their own, bounded in number. The loop runs whenever there is something to decide and
 * owns no thread.
 */
public final class Scheduler implements AutoCloseable {
  private final Environment environment;
  private final Executor core;
  private final SchedulerConfig config;
  private final Informer pods;
  private final Informer nodes;
  private final Decider decider;
  private final SchedulerCache cache = new SchedulerCache();
  private final SchedulingQueue queue;
  private final Binder binder;
  private final Reporter reporter;
  private final SchedulerMetrics metrics;
  private final PodEvents podEvents;
  private final NodeReader nodeReader;

  private int bindingsInFlight;
  private boolean started;
  private boolean running;
  private boolean closed;

  /**
   * @param informers shared with the process's other parts; whoever made them starts them
   * @param core runs the deciding loop: a platform thread of its own in production, for it computes
   *     and does not wait
   */
  public Scheduler(
      SchedulerConfig config,
      ApiClient client,
      Informers informers,
      Environment environment,
      Executor core,
      MeterRegistry registry) {
    this.config = config;
    this.environment = environment;
    this.core = core;
    this.pods = informers.of(Resources.PODS);
    this.nodes = informers.of(Resources.NODES);
    ResourceIndex resources = new ResourceIndex();
    this.decider = new Decider(resources);
    PodReader podReader = new PodReader(resources);
    this.nodeReader = new NodeReader(podReader);
    this.queue = new SchedulingQueue(environment, this::backOffOver);
    EventRecorder events = new EventRecorder(client, environment, config.schedulerName(), "");
    this.reporter = new Reporter(client, pods, environment.clock(), events);
    this.binder = new Binder(client, environment);
    this.metrics = new SchedulerMetrics(registry, config.schedulerName());
    this.podEvents = new PodEvents(config.schedulerName(), podReader, cache, queue);
    metrics.pending("active", guarded(queue::active));
    metrics.pending("backoff", guarded(queue::backingOff));
    metrics.pending("unschedulable", guarded(queue::unschedulable));
  }

  private Supplier<Number> guarded(Supplier<Number> value) {
    return () -> {
      synchronized (this) {
        return value.get();
      }
    };
  }

  /**
   * Begins to watch, and to decide once both informers are complete: a half-known cluster would
   * mislead.
   */
  public void start() {
    nodes.addHandler(new NodeHandler());
    pods.addHandler(new PodHandler());
    awaitInformers();
  }

  private void awaitInformers() {
    if (!nodes.synced() || !pods.synced()) {
      environment.timers().after(Duration.ofMillis(2), this::awaitInformers);
      return;
    }
    synchronized (this) {
      started = true;
      wake();
    }
  }

  /** Decides no further pod. Bindings on their way go on. */
  @Override
  public synchronized void close() {
    closed = true;
  }

  /** Null while the loop can work, else what keeps it. */
  public synchronized @Nullable String health() {
    return started ? null : "the informers are not complete yet";
  }

  private void wake() {
    if (started && !running && !closed && queue.active() > 0) {
      running = true;
      core.execute(this::run);
    }
  }

  private void run() {
    while (step()) {
      // Each step says whether there may be more to do.
    }
  }

  /**
   * Decides one pod.
   *
   * @return false where there was nothing to decide, or too many bindings are on their way
   */
  boolean step() {
    PodRecord pod;
    Decision decision;
    synchronized (this) {
      boolean full = bindingsInFlight >= config.maxBindingsInFlight();
      PodRecord next = full || closed ? null : queue.pop();
      if (next == null) {
        running = false;
        return false;
      }
      pod = next;
      long begin = environment.clock().nanos();
      decision = decider.decide(cache.snapshot(), pod);
      metrics.decided(environment.clock().nanos() - begin);
      commit(pod, decision);
    }
    act(pod, decision);
    return true;
  }

  private void commit(PodRecord pod, Decision decision) {
    switch (decision) {
      case Decision.Placed placed -> {
        cache.assume(pod, placed.nodeName());
        bindingsInFlight++;
      }
      case Decision.Unschedulable no -> queue.putUnschedulable(pod, helpedBy(no.filters()));
    }
  }

  private Set<ClusterEvent> helpedBy(Set<String> rejecting) {
    Set<ClusterEvent> events = EnumSet.of(ClusterEvent.NODE_ADDED);
    for (Filter filter : decider.filters()) {
      if (rejecting.contains(filter.name())) {
        events.addAll(filter.helpedBy());
      }
    }
    return events;
  }

  private void act(PodRecord pod, Decision decision) {
    switch (decision) {
      case Decision.Placed placed ->
          environment.executor().execute(() -> bind(pod, placed.nodeName()));
      case Decision.Unschedulable no -> {
        metrics.turnedAway();
        environment.executor().execute(() -> reporter.unschedulable(pod, no.message()));
      }
    }
  }

  private void bind(PodRecord pod, String nodeName) {
    long begin = environment.clock().nanos();
    binder.bind(
        pod,
        nodeName,
        outcome -> {
          long nanos = environment.clock().nanos() - begin;
          environment.executor().execute(() -> report(pod, nodeName, outcome));
          settled(pod, outcome, nanos);
        });
  }

  private synchronized void settled(PodRecord pod, Binder.Outcome outcome, long nanos) {
    bindingsInFlight--;
    switch (outcome) {
      case Binder.Outcome.Bound bound -> {
        queue.remove(pod.uid());
        metrics.bound(nanos);
      }
      case Binder.Outcome.Gone gone -> {
        queue.remove(pod.uid());
        release(pod);
      }
      case Binder.Outcome.Failed failed -> {
        metrics.failed();
        release(pod);
        queue.putFailed(pod);
      }
    }
    wake();
  }

  private void release(PodRecord pod) {
    cache.forget(pod);
    queue.happened(EnumSet.of(ClusterEvent.POD_LEFT));
  }

  private void report(PodRecord pod, String nodeName, Binder.Outcome outcome) {
    switch (outcome) {
      case Binder.Outcome.Bound bound -> reporter.bound(pod, nodeName);
      case Binder.Outcome.Gone gone -> {}
      case Binder.Outcome.Failed failed -> reporter.bindingFailed(pod, nodeName, failed.message());
    }
  }

  private synchronized void backOffOver(String uid) {
    queue.backOffOver(uid);
    wake();
  }

  private final class PodHandler implements Informer.Handler {
    @Override
    public void onAdd(ApiObject now) {
      take(podEventsOf(null, now), now);
    }

    @Override
    public void onUpdate(ApiObject before, ApiObject now) {
      take(podEventsOf(before, now), now);
    }

    private PodEvents.Effect podEventsOf(@Nullable ApiObject before, ApiObject now) {
      synchronized (Scheduler.this) {
        PodEvents.Effect effect = podEvents.take(before, now);
        wake();
        return effect;
      }
    }

    private void take(PodEvents.Effect effect, ApiObject pod) {
      if (!effect.notSupported().isEmpty() || !effect.unsupportedWishes().isEmpty()) {
        environment.executor().execute(() -> reporter.notSupported(pod, effect));
      }
    }

    @Override
    public void onDelete(ApiObject last) {
      synchronized (Scheduler.this) {
        podEvents.gone(last.header().uid());
        wake();
      }
    }
  }

  private final class NodeHandler implements Informer.Handler {
    @Override
    public void onAdd(ApiObject now) {
      synchronized (Scheduler.this) {
        queue.happened(cache.putNode(nodeReader.read(now)));
        wake();
      }
    }

    @Override
    public void onUpdate(ApiObject before, ApiObject now) {
      onAdd(now);
    }

    @Override
    public void onDelete(ApiObject last) {
      synchronized (Scheduler.this) {
        cache.removeNode(last.key().name());
      }
    }
  }
}
