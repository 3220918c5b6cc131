package io.berth.scheduler.loop;

import io.berth.api.object.ApiObject;
import io.berth.client.Informer;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.queue.SchedulingQueue;
import java.util.EnumSet;

/** Takes namespaces' labels in as the API shows them: affinity between pods may ask for them. */
final class NamespaceEvents implements Informer.Handler {
  private final LoopGuard guard;
  private final LoopState state;

  NamespaceEvents(LoopGuard guard, LoopState state) {
    this.guard = guard;
    this.state = state;
  }

  @Override
  public void onAdd(ApiObject now) {
    synchronized (guard) {
      state.cluster().neighbours().putNamespace(now.key().name(), now.header().labels());
    }
  }

  @Override
  public void onUpdate(ApiObject before, ApiObject now) {
    if (!before.header().labels().equals(now.header().labels())) {
      synchronized (guard) {
        onAdd(now);
        state.queue().happened(EnumSet.of(ClusterEvent.POD_ADDED), SchedulingQueue.Hint.YES);
        guard.wake();
      }
    }
  }

  @Override
  public void onDelete(ApiObject last) {
    synchronized (guard) {
      state.cluster().neighbours().removeNamespace(last.key().name());
    }
  }
}
