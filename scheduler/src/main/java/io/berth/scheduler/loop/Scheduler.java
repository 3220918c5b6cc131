package io.berth.scheduler.loop;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.client.ApiClient;
import io.berth.client.EventRecorder;
import io.berth.client.Informer;
import io.berth.client.Informers;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Diagnosis;
import io.berth.scheduler.explain.Explainer;
import io.berth.scheduler.gang.GangPlacer;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.gang.PodGroupRecord;
import io.berth.scheduler.preempt.Preemption;
import io.berth.scheduler.queue.SchedulingQueue;
import io.berth.scheduler.reader.NodeReader;
import io.berth.scheduler.reader.PodReader;
import io.berth.scheduler.rules.Rule;
import io.berth.scheduler.volume.Storage;
import io.berth.scheduler.volume.VolumePlan;
import io.berth.scheduler.volume.VolumeRules;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.stream.Stream;
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
  private final Informer namespaces;
  private final Informer budgets;
  private final Cluster cluster;
  private final Map<String, Decider> deciders = new LinkedHashMap<>();
  private final Hints hints;
  private final Informer groups;
  private final Gangs gangs = new Gangs();
  private final GangStep gangStep;
  private final GroupCondition groupCondition;
  private final SchedulingQueue queue;
  private final Binder binder;
  private final Reporter reporter;
  private final SchedulerMetrics metrics;
  private final PodEvents podEvents;
  private final NodeReader nodeReader;
  private final PodReader podReader;
  private final Preemption preemption;
  private final Evictor evictor;
  private final VolumeRules volumeRules;
  private final VolumeBinder volumeBinder;
  private final StorageEvents storageEvents;

  /** Bindings and evictions on their way. */
  private int inFlight;

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
    this.namespaces = informers.of(Resources.NAMESPACES);
    this.budgets = informers.of(Resources.POD_DISRUPTION_BUDGETS);
    this.groups = informers.of(Resources.POD_GROUPS);
    ResourceIndex resources = new ResourceIndex();
    this.cluster = new Cluster(resources);
    Storage storage = new Storage();
    this.volumeRules = new VolumeRules(cluster, storage);
    config
        .profiles(cluster)
        .forEach(p -> deciders.put(p.schedulerName(), new Decider(cluster, p, volumeRules)));
    this.storageEvents = new StorageEvents(informers, this, storage, this::storageChanged);
    this.volumeBinder = new VolumeBinder(client, environment, this, cluster, storage);
    this.hints = new Hints(cluster, deciders.values());
    this.podReader = new PodReader(resources, config.defaultSpread());
    this.nodeReader = new NodeReader(resources);
    this.queue = new SchedulingQueue(environment, this::backOffOver);
    EventRecorder events = new EventRecorder(client, environment, SchedulerConfig.NAME, "");
    this.reporter = new Reporter(client, pods, environment.clock(), events);
    this.binder = new Binder(client, environment);
    this.groupCondition = new GroupCondition(client, environment.clock());
    GangPlacer placer = new GangPlacer(cluster, this::decider);
    this.gangStep = new GangStep(gangs, placer, queue, new GangLoop());
    this.metrics = new SchedulerMetrics(registry, SchedulerConfig.NAME);
    this.preemption = new Preemption(cluster);
    this.evictor = new Evictor(client, environment.clock(), reporter);
    this.podEvents =
        new PodEvents(deciders.keySet(), podReader, cluster, queue, hints, preemption, gangs);
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
   * Begins to watch, and to decide once all informers are complete: a half-known cluster would
   * mislead.
   */
  public void start() {
    namespaces.addHandler(new NamespaceHandler());
    groups.addHandler(new GroupHandler());
    nodes.addHandler(new NodeHandler());
    storageEvents.start();
    budgets.addHandler(new BudgetEvents(this, preemption.budgets()));
    pods.addHandler(new PodHandler());
    awaitInformers();
  }

  private void awaitInformers() {
    Stream<Informer> own = Stream.of(nodes, pods, namespaces, budgets, groups);
    if (!Stream.concat(own, storageEvents.informers().stream()).allMatch(Informer::synced)) {
      environment.timers().after(Duration.ofMillis(2), this::awaitInformers);
      return;
    }
    List<Runnable> actions = new ArrayList<>();
    synchronized (this) {
      started = true;
      endWhatWasBegun(actions);
      wake();
    }
    actions.forEach(environment.executor()::execute);
  }

  /** Gangs of which some pods were bound come before all others: their room was kept for them. */
  private void endWhatWasBegun(List<Runnable> actions) {
    for (PodRecord pod : gangs.begun()) {
      Runnable action = queue.take(pod.uid()) ? gangStep.place(pod) : null;
      if (action != null) {
        actions.add(action);
      }
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
    Runnable action;
    synchronized (this) {
      boolean full = inFlight >= config.maxBindingsInFlight();
      PodRecord pod = full || closed ? null : queue.pop();
      if (pod == null) {
        running = false;
        return false;
      }
      long begin = environment.clock().nanos();
      Runnable together = Gangs.keyOf(pod).isEmpty() ? null : gangStep.place(pod);
      action = together == null ? placeAlone(pod) : together;
      metrics.decided(environment.clock().nanos() - begin);
    }
    environment.executor().execute(action);
    return true;
  }

  private Runnable placeAlone(PodRecord pod) {
    Decider decider = decider(pod);
    Decider.Spot spot = decider.decide(pod);
    if (spot == null) {
      return turnAway(pod, decider);
    }
    cluster.assume(pod, spot.node(), spot.devices());
    return assumed(pod, spot.node(), spot.devices());
  }

  private Decider decider(PodRecord pod) {
    Decider named = deciders.get(pod.details().schedulerName());
    return named == null ? deciders.values().iterator().next() : named;
  }

  private Runnable assumed(PodRecord pod, Node node, int[] devices) {
    inFlight++;
    String nodeName = node.name();
    VolumePlan volumes = volumeRules.reserve(pod, node);
    queue.happened(EnumSet.of(ClusterEvent.POD_ADDED), SchedulingQueue.Hint.YES);
    if (volumes == null) {
      Binder.Outcome outcome = new Binder.Outcome.Failed("its volumes went to another pod");
      return () -> ended(pod, nodeName, devices, outcome, 0);
    }
    return volumes.isEmpty()
        ? () -> bind(pod, nodeName, devices, volumes)
        : () -> bindVolumes(pod, nodeName, devices, volumes);
  }

  private Runnable turnAway(PodRecord pod, Decider decider) {
    Diagnosis diagnosis = decider.diagnose(pod);
    queue.putUnschedulable(pod, diagnosis.rules(), helpedBy(decider, diagnosis.rules()));
    metrics.turnedAway();
    if (diagnosis.nodes() == 0) {
      return () -> reporter.unschedulable(pod, diagnosis.message(), "");
    }
    Preemption.Outcome outcome =
        diagnosis.everywhere().isEmpty()
            ? preemption.attempt(pod, decider.profile(), decider.own(pod))
            : preemption.hopeless(pod, decider.profile());
    return switch (outcome) {
      case Preemption.Outcome.Refused refused -> {
        String nominated = cluster.nominations().nodeOf(pod.uid());
        String remedy = nominated == null ? new Explainer(cluster, decider).remedy(pod) : "";
        String message = diagnosis.message() + " preemption: " + refused.message() + remedy;
        yield () -> reporter.unschedulable(pod, message, nominated == null ? "" : nominated);
      }
      case Preemption.Outcome.Nominated nominated -> {
        inFlight++;
        metrics.preempting(nominated.victims().size());
        nominated.displaced().forEach(other -> queue.roomMade(other.uid()));
        yield () -> preempt(pod, diagnosis.message(), nominated);
      }
    };
  }

  private void preempt(PodRecord pod, String message, Preemption.Outcome.Nominated nominated) {
    reporter.unschedulable(pod, message, nominated.nodeName());
    nominated.displaced().forEach(reporter::displaced);
    List<PodRecord> staying = evictor.evict(pod, nominated.nodeName(), nominated.victims());
    synchronized (this) {
      inFlight--;
      if (!staying.isEmpty()) {
        preemption.failed(pod, nominated.nodeName(), staying);
        queue.changed(pod.uid());
      }
      wake();
    }
  }

  /**
   * Says where a pod would go that nobody has created, without placing it.
   *
   * @return null where it is none of this scheduler's, or the cluster is not known yet
   */
  public synchronized @Nullable String preview(ApiObject pod) {
    PodRecord asked = podReader.read(pod);
    Decider decider = deciders.get(asked.details().schedulerName());
    if (!started || decider == null || !asked.nodeName().isEmpty()) {
      return null;
    }
    Decider.Spot spot = decider.look(asked);
    return spot == null
        ? "would wait for a node: " + new Explainer(cluster, decider).shortly(asked)
        : "would go to node " + spot.node().name() + " as things are";
  }

  private Set<ClusterEvent> helpedBy(Decider decider, Set<String> rejecting) {
    Set<ClusterEvent> events = EnumSet.of(ClusterEvent.NODE_ADDED);
    events.addAll(volumeRules.helpedBy(rejecting));
    for (Rule rule : decider.profile().rules()) {
      if (rejecting.contains(rule.name())) {
        events.addAll(rule.helpedBy());
      }
    }
    return events;
  }

  /** A pod whose volumes are on their way does not count as in flight: that may take minutes. */
  private void bindVolumes(PodRecord pod, String nodeName, int[] devices, VolumePlan volumes) {
    volumeBinder.bind(
        pod,
        volumes,
        trouble -> {
          inFlight(1);
          if (trouble.isEmpty()) {
            bind(pod, nodeName, devices, volumes);
          } else {
            release(volumes);
            ended(pod, nodeName, devices, new Binder.Outcome.Failed(trouble), 0);
          }
        });
    inFlight(-1);
  }

  private synchronized void inFlight(int change) {
    inFlight += change;
    wake();
  }

  private synchronized void release(VolumePlan volumes) {
    volumeRules.release(volumes);
    storageChanged();
  }

  private synchronized void storageChanged() {
    volumeBinder.changed();
    queue.happened(EnumSet.of(ClusterEvent.STORAGE_CHANGED), SchedulingQueue.Hint.YES);
    wake();
  }

  private void bind(PodRecord pod, String nodeName, int[] devices, VolumePlan volumes) {
    long begin = environment.clock().nanos();
    binder.bind(
        pod,
        nodeName,
        devices,
        outcome -> {
          long nanos = environment.clock().nanos() - begin;
          if (!volumes.isEmpty() && !(outcome instanceof Binder.Outcome.Bound)) {
            release(volumes);
          }
          ended(pod, nodeName, devices, outcome, nanos);
        });
  }

  private void ended(
      PodRecord pod, String nodeName, int[] devices, Binder.Outcome outcome, long nanos) {
    environment.executor().execute(() -> report(pod, nodeName, outcome));
    settled(pod, nodeName, devices, outcome, nanos);
  }

  private synchronized void settled(
      PodRecord pod, String nodeName, int[] devices, Binder.Outcome outcome, long nanos) {
    inFlight--;
    switch (outcome) {
      case Binder.Outcome.Bound bound -> {
        queue.remove(pod.uid());
        podEvents.endNomination(pod.uid(), nodeName);
        metrics.bound(nanos);
      }
      case Binder.Outcome.Gone gone -> {
        queue.remove(pod.uid());
        podEvents.endNomination(pod.uid(), nodeName);
        release(pod, nodeName);
        gangs.remove(pod.uid());
      }
      case Binder.Outcome.Failed failed -> {
        metrics.failed();
        if (!Gangs.keyOf(pod).isEmpty()) {
          // The others of its group may be bound: nobody else shall have its room meanwhile.
          cluster.nominations().put(pod, nodeName, devices);
        }
        release(pod, nodeName);
        queue.putFailed(pod);
      }
    }
    wake();
  }

  private void release(PodRecord pod, String nodeName) {
    cluster.forget(pod);
    gangs.putWaiting(pod);
    podEvents.roomMade(nodeName);
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
      if (!effect.notSupported().isEmpty()) {
        environment.executor().execute(() -> reporter.notSupported(pod, effect));
      }
    }

    @Override
    public void onDelete(ApiObject last) {
      synchronized (Scheduler.this) {
        podEvents.gone(last.header().uid());
        volumeBinder.changed();
        wake();
      }
    }
  }

  private final class NodeHandler implements Informer.Handler {
    @Override
    public void onAdd(ApiObject now) {
      synchronized (Scheduler.this) {
        queue.happened(cluster.putNode(nodeReader.read(now)), hints.onNode(now.key().name()));
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
        cluster.removeNode(last.key().name());
        podEvents.roomMade(last.key().name());
        queue.happened(EnumSet.of(ClusterEvent.NODE_REMOVED), SchedulingQueue.Hint.YES);
        wake();
      }
    }
  }

  private final class NamespaceHandler implements Informer.Handler {
    @Override
    public void onAdd(ApiObject now) {
      synchronized (Scheduler.this) {
        cluster.neighbours().putNamespace(now.key().name(), now.header().labels());
      }
    }

    @Override
    public void onUpdate(ApiObject before, ApiObject now) {
      if (!before.header().labels().equals(now.header().labels())) {
        synchronized (Scheduler.this) {
          onAdd(now);
          queue.happened(EnumSet.of(ClusterEvent.POD_ADDED), SchedulingQueue.Hint.YES);
          wake();
        }
      }
    }

    @Override
    public void onDelete(ApiObject last) {
      synchronized (Scheduler.this) {
        cluster.neighbours().removeNamespace(last.key().name());
      }
    }
  }

  /** What the step for groups needs of the loop. */
  private final class GangLoop implements GangStep.Loop {
    @Override
    public Runnable assumed(PodRecord pod, Node node, int[] devices) {
      return Scheduler.this.assumed(pod, node, devices);
    }

    @Override
    public Runnable turnedAway(PodRecord pod) {
      return turnAway(pod, decider(pod));
    }

    @Override
    public Runnable wait(
        PodRecord pod, String message, Set<String> rules, Set<ClusterEvent> helpedBy) {
      queue.putUnschedulable(pod, rules, helpedBy);
      metrics.turnedAway();
      return () -> reporter.unschedulable(pod, message, "");
    }

    @Override
    public GangStep.Refusal refusal(PodRecord pod) {
      Decider decider = decider(pod);
      Diagnosis diagnosis = decider.diagnose(pod);
      String message = new Explainer(cluster, decider).shortly(pod);
      return new GangStep.Refusal(diagnosis.rules(), helpedBy(decider, diagnosis.rules()), message);
    }

    @Override
    public Runnable tell(PodGroupRecord group, @Nullable String trouble) {
      return () -> groupCondition.write(group.key(), trouble);
    }
  }

  private final class GroupHandler implements Informer.Handler {
    @Override
    public void onAdd(ApiObject now) {
      synchronized (Scheduler.this) {
        gangs.putGroup(PodGroupRecord.of(now));
        queue.happened(EnumSet.of(ClusterEvent.GROUP_CHANGED), hints.ofGroup());
        wake();
      }
    }

    @Override
    public void onUpdate(ApiObject before, ApiObject now) {
      if (!PodGroupRecord.of(before).equals(PodGroupRecord.of(now))) {
        onAdd(now);
      }
    }

    @Override
    public void onDelete(ApiObject last) {
      synchronized (Scheduler.this) {
        gangs.removeGroup(last.key().namespacedName());
        groupCondition.forget(last.key().namespacedName());
      }
    }
  }
}
