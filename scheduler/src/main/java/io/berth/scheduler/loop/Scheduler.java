package io.berth.scheduler.loop;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.client.ApiClient;
import io.berth.client.EventRecorder;
import io.berth.client.Informer;
import io.berth.client.Informers;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Deciders;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.gang.LeavingTogether;
import io.berth.scheduler.preempt.Preemption;
import io.berth.scheduler.queue.SchedulingQueue;
import io.berth.scheduler.reader.NodeReader;
import io.berth.scheduler.reader.PodReader;
import io.berth.scheduler.volume.Storage;
import io.berth.scheduler.volume.VolumePlan;
import io.berth.scheduler.volume.VolumeRules;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler: watches nodes and pods, decides pod after pod, and binds.
 *
 * <p>{@link #step} is the main loop's body: take the next pod, decide on the model of the cluster,
 * count the pod there. It and the informers' events share one model, {@link LoopState}, under one
 * lock, {@link LoopGuard}, and never wait; bindings ({@link Bindings}), evictions and status writes
 * ({@link TurnAway}) are tasks of their own, bounded in number. The loop runs whenever there is
 * something to decide and owns no thread.
 */
public final class Scheduler implements AutoCloseable {
  private final Environment environment;
  private final LoopGuard guard;
  private final LoopState state;
  private final Preview preview;
  private final SchedulerMetrics metrics;
  private final StorageEvents storageEvents;
  private final VolumeBinder volumeBinder;
  private final Bindings bindings;
  private final TurnAway turnAway;
  private final GangStep gangStep;

  private final Informer pods;
  private final Informer nodes;
  private final Informer namespaces;
  private final Informer groups;
  private final Informer budgets;
  private final PodEvents podEvents;
  private final NodeEvents nodeEvents;
  private final NamespaceEvents namespaceEvents;
  private final GroupEvents groupEvents;
  private final BudgetEvents budgetEvents;

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
    this.environment = environment;
    pods = informers.of(Resources.PODS);
    nodes = informers.of(Resources.NODES);
    namespaces = informers.of(Resources.NAMESPACES);
    groups = informers.of(Resources.POD_GROUPS);
    budgets = informers.of(Resources.POD_DISRUPTION_BUDGETS);
    metrics = new SchedulerMetrics(registry, SchedulerConfig.NAME);

    ResourceIndex resources = new ResourceIndex();
    Cluster cluster = new Cluster(resources);
    Storage storage = new Storage();
    VolumeRules volumes = new VolumeRules(cluster, storage);
    Deciders deciders = new Deciders(cluster, config.profiles(cluster), volumes);
    Hints hints = new Hints(cluster, deciders.all());
    Gangs gangs = new Gangs();
    Preemption preemption = new Preemption(cluster, new LeavingTogether(gangs, cluster));
    SchedulingQueue queue = new SchedulingQueue(environment, config.backOff(), this::backOffOver);
    Room room = new Room(cluster, queue, hints, preemption);
    state = new LoopState(cluster, deciders, queue, gangs, preemption, volumes, room);
    guard = new LoopGuard(queue, core, this::run, config.maxBindingsInFlight());

    EventRecorder events = new EventRecorder(client, environment, SchedulerConfig.NAME, "");
    metrics.dropping(events);
    Reporter reporter = new Reporter(client, pods, environment.clock(), events);
    GroupReporter groupReporter = new GroupReporter(client, groups, environment.clock(), events);
    Evictor evictor = new Evictor(client, environment.clock(), reporter);
    Binder binder = new Binder(client, environment);
    volumeBinder = new VolumeBinder(client, environment, guard, cluster, storage);
    GangWaits waits =
        new GangWaits(
            guard, state, environment, config.gangTimeout(), evictor, reporter, groupReporter);
    bindings =
        new Bindings(guard, state, environment, binder, volumeBinder, reporter, metrics, waits);
    turnAway = new TurnAway(guard, state, evictor, reporter, groupReporter, metrics);
    gangStep = new GangStep(state, bindings, turnAway, waits, groupReporter);

    PodReader podReader = new PodReader(resources, config.defaultSpread());
    preview = new Preview(guard, state, podReader);
    podEvents =
        new PodEvents(
            guard, state, podReader, hints, volumeBinder, reporter, environment.executor());
    nodeEvents = new NodeEvents(guard, state, new NodeReader(resources), hints);
    namespaceEvents = new NamespaceEvents(guard, state);
    groupEvents = new GroupEvents(guard, state, hints, waits, groupReporter);
    budgetEvents = new BudgetEvents(guard, preemption.budgets());
    storageEvents = new StorageEvents(informers, guard, storage, this::storageChanged);
    metrics.pending("active", () -> guard.read(queue::active));
    metrics.pending("backoff", () -> guard.read(queue::backingOff));
    metrics.pending("unschedulable", () -> guard.read(queue::unschedulable));
  }

  /**
   * Begins to watch, and to decide once all informers are complete: a half-known cluster would
   * mislead.
   */
  public void start() {
    namespaces.addHandler(namespaceEvents);
    groups.addHandler(groupEvents);
    nodes.addHandler(nodeEvents);
    storageEvents.start();
    budgets.addHandler(budgetEvents);
    pods.addHandler(podEvents);
    awaitInformers();
  }

  private void awaitInformers() {
    Stream<Informer> own = Stream.of(nodes, pods, namespaces, budgets, groups);
    if (!Stream.concat(own, storageEvents.informers().stream()).allMatch(Informer::synced)) {
      environment.timers().after(Duration.ofMillis(2), this::awaitInformers);
      return;
    }
    List<Runnable> actions = new ArrayList<>();
    synchronized (guard) {
      endWhatWasBegun(actions);
      guard.start();
    }
    actions.forEach(environment.executor()::execute);
  }

  /** Gangs of which some pods were bound come before all others: their room was kept for them. */
  private void endWhatWasBegun(List<Runnable> actions) {
    for (PodRecord pod : state.gangs().begun()) {
      Runnable action = state.queue().take(pod.uid()) ? gangStep.place(pod) : null;
      if (action != null) {
        actions.add(action);
      }
    }
  }

  /** Decides no further pod. Bindings on their way go on. */
  @Override
  public void close() {
    guard.close();
  }

  /** Null while the loop can work, else what keeps it. */
  public @Nullable String health() {
    return guard.started() ? null : "the informers are not complete yet";
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
    Runnable action;
    synchronized (guard) {
      PodRecord pod = guard.next();
      if (pod == null) {
        return false;
      }
      long begin = environment.clock().nanos();
      action = place(pod);
      metrics.decided(environment.clock().nanos() - begin);
    }
    environment.executor().execute(action);
    return true;
  }

  /**
   * @return what is to be done without the lock; it may block on the API
   */
  private Runnable place(PodRecord pod) {
    Runnable together = Gangs.keyOf(pod).isEmpty() ? null : gangStep.place(pod);
    if (together != null) {
      return together;
    }
    Decider.Spot spot = state.deciders().of(pod).decide(pod);
    if (spot == null) {
      return turnAway.alone(pod);
    }
    VolumePlan volumes = state.volumes().reserve(pod, spot.node());
    state.cluster().assume(pod, spot.node(), spot.devices());
    return bindings.begin(pod, spot.node(), spot.devices(), volumes);
  }

  private void backOffOver(String uid) {
    synchronized (guard) {
      state.queue().backOffOver(uid);
      guard.wake();
    }
  }

  /** Called under the lock. */
  private void storageChanged() {
    volumeBinder.changed();
    state.queue().happened(EnumSet.of(ClusterEvent.STORAGE_CHANGED), SchedulingQueue.Hint.YES);
    guard.wake();
  }

  /**
   * Says where a pod would go that nobody has created, without placing it.
   *
   * @return null where it is none of this scheduler's, or the cluster is not known yet
   */
  public @Nullable String preview(ApiObject pod) {
    return preview.of(pod);
  }
}
