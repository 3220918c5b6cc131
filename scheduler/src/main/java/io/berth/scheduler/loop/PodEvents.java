package io.berth.scheduler.loop;

import io.berth.api.object.ApiObject;
import io.berth.client.Informer;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.queue.SchedulingQueue;
import io.berth.scheduler.reader.PodReader;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Takes pods in as the API shows them: into the model where they have a node, into the queue where
 * they are this scheduler's and have none. What a status write leaves as it was for the scheduler
 * is told by comparing what was read, so that each event is parsed once.
 */
final class PodEvents implements Informer.Handler {
  private final LoopGuard guard;
  private final LoopState state;
  private final PodReader reader;
  private final Hints hints;
  private final VolumeBinder volumeBinder;
  private final Reporter reporter;
  private final Executor executor;

  /**
   * @param executor for what is to be said about pods, which blocks on the API
   */
  PodEvents(
      LoopGuard guard,
      LoopState state,
      PodReader reader,
      Hints hints,
      VolumeBinder volumeBinder,
      Reporter reporter,
      Executor executor) {
    this.guard = guard;
    this.state = state;
    this.reader = reader;
    this.hints = hints;
    this.volumeBinder = volumeBinder;
    this.reporter = reporter;
    this.executor = executor;
  }

  @Override
  public void onAdd(ApiObject now) {
    take(now, true);
  }

  @Override
  public void onUpdate(ApiObject before, ApiObject now) {
    take(now, false);
  }

  @Override
  public void onDelete(ApiObject last) {
    synchronized (guard) {
      gone(last.header().uid());
      volumeBinder.changed();
      guard.wake();
    }
  }

  private void take(ApiObject now, boolean first) {
    String phase = field(now, "status.phase");
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      ended(now, phase.equals("Succeeded"));
    } else if (!field(now, "spec.nodeName").isEmpty()) {
      bound(reader.read(now));
    } else if (state.deciders().names().contains(field(now, "spec.schedulerName"))) {
      if (now.header().deleting()) {
        leaving(now.header().uid());
      } else {
        waiting(now, first);
      }
    }
  }

  private void ended(ApiObject now, boolean succeeded) {
    PodRecord beside = succeeded ? reader.read(now) : null;
    synchronized (guard) {
      gone(now.header().uid());
      if (beside != null) {
        state.gangs().putBound(beside); // it has done its part beside the others
      }
      guard.wake();
    }
  }

  private void leaving(String uid) {
    synchronized (guard) {
      state.queue().remove(uid);
      state.room().release(uid, "");
      state.gangs().remove(uid);
      guard.wake();
    }
  }

  private void bound(PodRecord read) {
    synchronized (guard) {
      PodRecord pod = state.gangs().ranked(read);
      state.queue().remove(pod.uid());
      state.room().release(pod.uid(), pod.nodeName());
      Placement placement = state.cluster().placement(pod.uid());
      if (placement != null && !placement.node().name().equals(pod.nodeName())) {
        placement = null;
      }
      if (placement == null || placement.assumed() || !placement.pod().equals(pod)) {
        state.cluster().putBound(pod);
        state.gangs().putBound(pod);
        if (placement == null || !placement.pod().shape().labels().equals(pod.shape().labels())) {
          state.queue().happened(EnumSet.of(ClusterEvent.POD_ADDED), SchedulingQueue.Hint.YES);
        }
        if (placement != null && less(pod, placement.pod())) {
          state.room().made(pod.nodeName());
        }
      }
      guard.wake();
    }
  }

  private static boolean less(PodRecord now, PodRecord before) {
    long[] requests = before.requests();
    for (int slot = 0; slot < requests.length; slot++) {
      if (now.shape().request(slot) < requests[slot]) {
        return true;
      }
    }
    return false;
  }

  private void waiting(ApiObject now, boolean first) {
    PodRecord pod = reader.read(now);
    if (!pod.details().obstacles().gates().isEmpty()) {
      return;
    }
    List<String> demands = pod.details().obstacles().notSupported();
    synchronized (guard) {
      if (demands.isEmpty()) {
        waiting(pod, first);
      } else {
        state.queue().remove(pod.uid());
      }
      guard.wake();
    }
    if (!demands.isEmpty()) {
      executor.execute(() -> reporter.notSupported(now, demands));
    }
  }

  private void waiting(PodRecord read, boolean first) {
    PodRecord pod = state.gangs().ranked(read);
    PodRecord known = state.queue().known(pod.uid());
    if (state.cluster().isPlaced(pod.uid()) || (known != null && same(known, pod))) {
      return;
    }
    state.queue().put(pod);
    state.room().keep(pod, first);
    state.queue().changed(pod.uid());
    state.gangs().putWaiting(pod);
    if (!Gangs.keyOf(pod).isEmpty()) {
      state.queue().happened(EnumSet.of(ClusterEvent.GROUP_CHANGED), hints.ofGroup());
    }
  }

  /** The nominated node counts when a pod is first seen; from then on this scheduler writes it. */
  private static boolean same(PodRecord known, PodRecord now) {
    return known.shape().equals(now.shape())
        && known.priority() == now.priority()
        && known.details().withNominatedNode("").equals(now.details().withNominatedNode(""));
  }

  /** A pod is deleted or has ended. */
  private void gone(String uid) {
    state.queue().remove(uid);
    state.preemption().left(uid);
    state.room().release(uid, "");
    state.gangs().remove(uid);
    Placement left = state.cluster().removePod(uid);
    if (left != null) {
      state.room().made(left.node().name());
    }
  }

  private static String field(ApiObject pod, String path) {
    return pod.header().fields().getOrDefault(path, "");
  }
}
