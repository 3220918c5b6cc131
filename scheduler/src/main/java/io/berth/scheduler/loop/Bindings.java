package io.berth.scheduler.loop;

import io.berth.api.time.Environment;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.queue.SchedulingQueue;
import io.berth.scheduler.volume.VolumePlan;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;

/**
 * What follows a decision: the pod's volumes are bound, then the pod, and what came of it is taken
 * back into the model and told.
 */
final class Bindings {
  /**
   * One pod's way from the decision to its node.
   *
   * @param devices the node's GPUs that it gets, by number
   */
  private record Binding(PodRecord pod, String nodeName, int[] devices, VolumePlan volumes) {}

  private final LoopGuard guard;
  private final LoopState state;
  private final Environment environment;
  private final Binder binder;
  private final VolumeBinder volumeBinder;
  private final Reporter reporter;
  private final SchedulerMetrics metrics;
  private final GangWaits gangWaits;

  Bindings(
      LoopGuard guard,
      LoopState state,
      Environment environment,
      Binder binder,
      VolumeBinder volumeBinder,
      Reporter reporter,
      SchedulerMetrics metrics,
      GangWaits gangWaits) {
    this.guard = guard;
    this.state = state;
    this.environment = environment;
    this.binder = binder;
    this.volumeBinder = volumeBinder;
    this.reporter = reporter;
    this.metrics = metrics;
    this.gangWaits = gangWaits;
  }

  /**
   * A pod is counted on its node. Called under the lock.
   *
   * @param volumes what was reserved for it; null where that was not possible any more
   * @return what is to be done without it; it blocks on the API
   */
  Runnable begin(PodRecord pod, Node node, int[] devices, @Nullable VolumePlan volumes) {
    guard.began();
    state.queue().happened(EnumSet.of(ClusterEvent.POD_ADDED), SchedulingQueue.Hint.YES);
    if (volumes == null) {
      Binding binding = new Binding(pod, node.name(), devices, VolumePlan.NONE);
      return () -> end(binding, new Binder.Outcome.Failed("its volumes went to another pod"), 0);
    }
    Binding binding = new Binding(pod, node.name(), devices, volumes);
    return volumes.isEmpty() ? () -> bind(binding) : () -> bindVolumes(binding);
  }

  /** A pod whose volumes are on their way does not count as in flight: that may take minutes. */
  private void bindVolumes(Binding binding) {
    volumeBinder.bind(
        binding.pod(),
        binding.volumes(),
        trouble -> {
          guard.began();
          if (trouble.isEmpty()) {
            bind(binding);
          } else {
            end(binding, new Binder.Outcome.Failed(trouble), 0);
          }
        });
    guard.ended();
  }

  private void bind(Binding binding) {
    long begin = environment.clock().nanos();
    binder.bind(
        binding.pod(),
        binding.nodeName(),
        binding.devices(),
        outcome -> end(binding, outcome, environment.clock().nanos() - begin));
  }

  private void end(Binding binding, Binder.Outcome outcome, long nanos) {
    environment.executor().execute(() -> tell(binding, outcome));
    synchronized (guard) {
      switch (outcome) {
        case Binder.Outcome.Bound bound -> {
          leaveQueue(binding);
          metrics.bound(nanos);
        }
        case Binder.Outcome.Gone gone -> {
          leaveQueue(binding);
          takeBack(binding);
          state.gangs().remove(binding.pod().uid());
        }
        case Binder.Outcome.Failed failed -> {
          metrics.failed();
          keepRoomOfGang(binding);
          takeBack(binding);
          state.queue().putFailed(binding.pod());
          gangWaits.bindingFailed(binding.pod(), failed.message());
        }
      }
      guard.ended();
    }
  }

  private void leaveQueue(Binding binding) {
    state.queue().remove(binding.pod().uid());
    state.room().release(binding.pod().uid(), binding.nodeName());
  }

  /** The others of its group may be bound: nobody else shall have its room meanwhile. */
  private void keepRoomOfGang(Binding binding) {
    PodRecord pod = binding.pod();
    String gang = Gangs.keyOf(pod);
    if (!gang.isEmpty() && !gangWaits.overdue(gang)) {
      state.cluster().nominations().put(pod, binding.nodeName(), binding.devices());
    }
  }

  private void takeBack(Binding binding) {
    if (!binding.volumes().isEmpty()) {
      state.volumes().release(binding.volumes());
      volumeBinder.changed();
      state.queue().happened(EnumSet.of(ClusterEvent.STORAGE_CHANGED), SchedulingQueue.Hint.YES);
    }
    state.cluster().forget(binding.pod());
    state.gangs().putWaiting(binding.pod());
    state.room().made(binding.nodeName());
  }

  private void tell(Binding binding, Binder.Outcome outcome) {
    PodRecord pod = binding.pod();
    switch (outcome) {
      case Binder.Outcome.Bound bound -> reporter.bound(pod, binding.nodeName());
      case Binder.Outcome.Gone gone -> {}
      case Binder.Outcome.Failed failed ->
          reporter.bindingFailed(pod, binding.nodeName(), failed.message());
    }
  }
}
