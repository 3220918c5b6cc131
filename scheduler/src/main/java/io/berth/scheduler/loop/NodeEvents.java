package io.berth.scheduler.loop;

import io.berth.api.object.ApiObject;
import io.berth.client.Informer;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.queue.SchedulingQueue;
import io.berth.scheduler.reader.NodeReader;
import java.util.EnumSet;

/** Takes nodes in as the API shows them. */
final class NodeEvents implements Informer.Handler {
  private final LoopGuard guard;
  private final LoopState state;
  private final NodeReader reader;
  private final Hints hints;

  NodeEvents(LoopGuard guard, LoopState state, NodeReader reader, Hints hints) {
    this.guard = guard;
    this.state = state;
    this.reader = reader;
    this.hints = hints;
  }

  @Override
  public void onAdd(ApiObject now) {
    NodeRecord node = reader.read(now);
    synchronized (guard) {
      state.queue().happened(state.cluster().putNode(node), hints.onNode(node.name()));
      guard.wake();
    }
  }

  @Override
  public void onUpdate(ApiObject before, ApiObject now) {
    onAdd(now);
  }

  @Override
  public void onDelete(ApiObject last) {
    String name = last.key().name();
    synchronized (guard) {
      state.cluster().removeNode(name);
      state.room().made(name);
      state.queue().happened(EnumSet.of(ClusterEvent.NODE_REMOVED), SchedulingQueue.Hint.YES);
      guard.wake();
    }
  }
}
