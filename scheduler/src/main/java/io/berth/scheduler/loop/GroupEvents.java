package io.berth.scheduler.loop;

import io.berth.api.object.ApiObject;
import io.berth.client.Informer;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.gang.PodGroupRecord;
import java.util.EnumSet;

/** Takes pod groups in as the API shows them. */
final class GroupEvents implements Informer.Handler {
  private final LoopGuard guard;
  private final LoopState state;
  private final Hints hints;
  private final GroupCondition condition;

  GroupEvents(LoopGuard guard, LoopState state, Hints hints, GroupCondition condition) {
    this.guard = guard;
    this.state = state;
    this.hints = hints;
    this.condition = condition;
  }

  @Override
  public void onAdd(ApiObject now) {
    PodGroupRecord group = PodGroupRecord.of(now);
    synchronized (guard) {
      state.gangs().putGroup(group);
      state.queue().happened(EnumSet.of(ClusterEvent.GROUP_CHANGED), hints.ofGroup());
      guard.wake();
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
    String key = last.key().namespacedName();
    synchronized (guard) {
      state.gangs().removeGroup(key);
    }
    condition.forget(key);
  }
}
