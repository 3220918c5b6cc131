package io.berth.scheduler.loop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.berth.api.object.ApiObject;
import io.berth.scheduler.cache.PodReader;
import io.berth.scheduler.cache.SchedulerCache;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.queue.SchedulingQueue;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sorts what the pod informer tells into the queue and the cache. Not safe for use by several
 * threads: the loop guards it.
 */
final class PodEvents {
  /**
   * What is to be said about a pod.
   *
   * @param notSupported paths of demands that keep it from being placed
   * @param unsupportedWishes paths of wishes that will not be heard
   */
  record Effect(List<String> notSupported, List<String> unsupportedWishes) {
    static final Effect NONE = new Effect(List.of(), List.of());
  }

  private final String schedulerName;
  private final PodReader reader;
  private final SchedulerCache cache;
  private final SchedulingQueue queue;

  PodEvents(String schedulerName, PodReader reader, SchedulerCache cache, SchedulingQueue queue) {
    this.schedulerName = schedulerName;
    this.reader = reader;
    this.cache = cache;
    this.queue = queue;
  }

  /**
   * @param before null for a pod that was not known
   */
  Effect take(@Nullable ApiObject before, ApiObject now) {
    String phase = now.header().fields().getOrDefault("status.phase", "");
    String nodeName = now.header().fields().getOrDefault("spec.nodeName", "");
    String uid = now.header().uid();
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      gone(uid);
      return Effect.NONE;
    }
    if (!nodeName.isEmpty()) {
      bound(before, now, nodeName);
      return Effect.NONE;
    }
    String wanted = now.header().fields().getOrDefault("spec.schedulerName", "");
    if (!wanted.equals(schedulerName)) {
      return Effect.NONE;
    }
    if (now.header().deleting()) {
      queue.remove(uid);
      return Effect.NONE;
    }
    return waiting(before, now);
  }

  private void bound(@Nullable ApiObject before, ApiObject now, String nodeName) {
    queue.remove(now.header().uid());
    boolean known =
        before != null
            && nodeName.equals(before.header().fields().get("spec.nodeName"))
            && cache.isPlaced(now.header().uid());
    if (!known || !spec(before).equals(spec(now))) {
      cache.putBoundPod(reader.read(now));
    }
  }

  private Effect waiting(@Nullable ApiObject before, ApiObject now) {
    JsonNode spec = spec(now);
    if (before != null && spec(before).equals(spec)) {
      return Effect.NONE; // its status: most often what this scheduler wrote itself
    }
    if (!spec.path("schedulingGates").isEmpty()) {
      return Effect.NONE;
    }
    List<String> demands = Unsupported.demands(spec);
    if (!demands.isEmpty()) {
      queue.remove(now.header().uid());
      return new Effect(demands, List.of());
    }
    PodRecord pod = reader.read(now);
    if (!cache.isPlaced(pod.uid())) {
      queue.put(pod);
      queue.changed(pod.uid());
    }
    return new Effect(List.of(), Unsupported.wishes(spec));
  }

  /** A pod is deleted or has ended. */
  void gone(String uid) {
    queue.remove(uid);
    if (cache.removePod(uid)) {
      queue.happened(EnumSet.of(ClusterEvent.POD_LEFT));
    }
  }

  private static JsonNode spec(@Nullable ApiObject pod) {
    return pod == null ? MissingNode.getInstance() : pod.tree().path("spec");
  }
}
