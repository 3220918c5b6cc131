package io.berth.scheduler.loop;

import io.berth.api.object.ApiObject;
import io.berth.client.Informer;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.gang.PodGroupRecord;
import java.time.Instant;
import java.util.EnumSet;

/** Takes pod groups in as the API shows them. */
final class GroupEvents implements Informer.Handler {
  private final LoopGuard guard;
  private final LoopState state;
  private final Hints hints;
  private final GangWaits waits;
  private final GroupReporter reporter;

  GroupEvents(
      LoopGuard guard, LoopState state, Hints hints, GangWaits waits, GroupReporter reporter) {
    this.guard = guard;
    this.state = state;
    this.hints = hints;
    this.waits = waits;
    this.reporter = reporter;
  }

  @Override
  public void onAdd(ApiObject now) {
    Instant since = GroupReporter.waitsSince(now);
    if (since != null) {
      synchronized (guard) {
        waits.waitsSince(now.key().namespacedName(), since);
      }
    }
    put(now);
  }

  private void put(ApiObject now) {
    PodGroupRecord group = PodGroupRecord.of(now);
    boolean wasScheduled = GroupReporter.wasScheduled(now);
    synchronized (guard) {
      state.gangs().putGroup(group, wasScheduled);
      rank(group.key());
      state.queue().happened(EnumSet.of(ClusterEvent.GROUP_CHANGED), hints.ofGroup());
      guard.wake();
    }
  }

  /** Pods that were known before their group have its priority from now on. */
  private void rank(String key) {
    Gangs gangs = state.gangs();
    for (PodRecord pod : gangs.waiting(key)) {
      PodRecord ranked = gangs.ranked(pod);
      if (ranked.priority() != pod.priority()) {
        gangs.putWaiting(ranked);
        if (state.queue().known(pod.uid()) != null) {
          state.queue().put(ranked);
        }
      }
    }
    for (String uid : gangs.placedUids(key)) {
      Placement placement = state.cluster().placement(uid);
      if (placement != null && !placement.assumed()) {
        PodRecord ranked = gangs.ranked(placement.pod());
        if (ranked.priority() != placement.pod().priority()) {
          state.cluster().putBound(ranked);
          state.cluster().touch(placement.node().name());
        }
      }
    }
  }

  /** Its status is most often what this scheduler wrote itself. */
  @Override
  public void onUpdate(ApiObject before, ApiObject now) {
    if (!PodGroupRecord.of(before).equals(PodGroupRecord.of(now))) {
      put(now);
    }
  }

  @Override
  public void onDelete(ApiObject last) {
    String key = last.key().namespacedName();
    synchronized (guard) {
      state.gangs().removeGroup(key);
      waits.forget(key);
    }
    reporter.forget(key);
  }
}
