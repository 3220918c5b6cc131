package io.berth.scheduler.loop;

import io.berth.api.object.ApiObject;
import io.berth.client.Informer;
import io.berth.scheduler.core.ClusterEvent;
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
      state.queue().happened(EnumSet.of(ClusterEvent.GROUP_CHANGED), hints.ofGroup());
      guard.wake();
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
