package io.berth.scheduler.loop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.berth.api.object.ApiObject;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.preempt.Preemption;
import io.berth.scheduler.queue.SchedulingQueue;
import io.berth.scheduler.reader.PodReader;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
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
   */
  record Effect(List<String> notSupported) {
    static final Effect NONE = new Effect(List.of());
  }

  private final Set<String> schedulerNames;
  private final PodReader reader;
  private final Cluster cluster;
  private final SchedulingQueue queue;
  private final Hints hints;
  private final Preemption preemption;
  private final Gangs gangs;

  PodEvents(
      Set<String> schedulerNames,
      PodReader reader,
      Cluster cluster,
      SchedulingQueue queue,
      Hints hints,
      Preemption preemption,
      Gangs gangs) {
    this.schedulerNames = schedulerNames;
    this.reader = reader;
    this.cluster = cluster;
    this.queue = queue;
    this.hints = hints;
    this.preemption = preemption;
    this.gangs = gangs;
  }

  /**
   * @param before null for a pod that was not known
   */
  Effect take(@Nullable ApiObject before, ApiObject now) {
    String phase = phase(now);
    String nodeName = now.header().fields().getOrDefault("spec.nodeName", "");
    String uid = now.header().uid();
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      gone(uid);
      if (phase.equals("Succeeded")) {
        gangs.putPlaced(reader.read(now)); // it has done its part beside the others
      }
      return Effect.NONE;
    }
    if (!nodeName.isEmpty()) {
      bound(before, now, nodeName);
      return Effect.NONE;
    }
    String wanted = now.header().fields().getOrDefault("spec.schedulerName", "");
    if (!schedulerNames.contains(wanted)) {
      return Effect.NONE;
    }
    if (now.header().deleting()) {
      queue.remove(uid);
      endNomination(uid, "");
      return Effect.NONE;
    }
    return waiting(before, now);
  }

  private void bound(@Nullable ApiObject before, ApiObject now, String nodeName) {
    String uid = now.header().uid();
    queue.remove(uid);
    endNomination(uid, nodeName);
    Placement placement = cluster.placement(uid);
    if (placement != null && !placement.node().name().equals(nodeName)) {
      placement = null;
    }
    if (before != null && placement != null && !placement.assumed() && sameToUs(before, now)) {
      return;
    }
    PodRecord pod = reader.read(now);
    cluster.putBound(pod);
    gangs.putPlaced(pod);
    if (placement == null || !placement.pod().shape().labels().equals(pod.shape().labels())) {
      queue.happened(EnumSet.of(ClusterEvent.POD_ADDED), SchedulingQueue.Hint.YES);
    }
    if (placement != null && less(pod, placement.pod())) {
      roomMade(nodeName);
    }
  }

  /** With its phase a pod's start time may have changed. */
  private static boolean sameToUs(ApiObject before, ApiObject now) {
    return before.header().deleting() == now.header().deleting()
        && phase(before).equals(phase(now))
        && before.header().labels().equals(now.header().labels())
        && spec(before).equals(spec(now));
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

  private Effect waiting(@Nullable ApiObject before, ApiObject now) {
    JsonNode spec = spec(now);
    if (before != null
        && before.header().labels().equals(now.header().labels())
        && spec(before).equals(spec)) {
      return Effect.NONE; // its status: most often what this scheduler wrote itself
    }
    if (!spec.path("schedulingGates").isEmpty()) {
      return Effect.NONE;
    }
    List<String> demands = Unsupported.demands(spec);
    if (!demands.isEmpty()) {
      queue.remove(now.header().uid());
      return new Effect(demands);
    }
    PodRecord pod = reader.read(now);
    if (!cluster.isPlaced(pod.uid())) {
      queue.put(pod);
      keepRoom(pod, before == null);
      queue.changed(pod.uid());
      gangs.putWaiting(pod);
      if (!Gangs.keyOf(pod).isEmpty()) {
        queue.happened(EnumSet.of(ClusterEvent.GROUP_CHANGED), hints.ofGroup());
      }
    }
    return Effect.NONE;
  }

  /** A pod is deleted or has ended. */
  void gone(String uid) {
    queue.remove(uid);
    preemption.left(uid);
    endNomination(uid, "");
    gangs.remove(uid);
    Placement left = cluster.removePod(uid);
    if (left != null) {
      roomMade(left.node().name());
    }
  }

  /** Room on a node: for those first that wait for it there, then for whom it is enough. */
  void roomMade(String nodeName) {
    Node node = cluster.node(nodeName);
    for (PodRecord pod : cluster.nominations().on(nodeName)) {
      if (node == null || hints.fits(pod, node) || !preemption.waits(pod)) {
        queue.roomMade(pod.uid());
      }
    }
    queue.happened(EnumSet.of(ClusterEvent.POD_LEFT), hints.onNode(nodeName));
  }

  /** A pod's room is kept no longer; what it does not take itself is there for others. */
  void endNomination(String uid, String takenOn) {
    String nodeName = cluster.nominations().remove(uid);
    if (nodeName != null && !nodeName.equals(takenOn)) {
      roomMade(nodeName);
    }
  }

  /** The room that is being made for a pod, as an earlier run of the scheduler wrote it down. */
  private void keepRoom(PodRecord pod, boolean first) {
    String known = cluster.nominations().nodeOf(pod.uid());
    String nodeName = known == null && first ? pod.details().nominatedNode() : known;
    if (nodeName != null && !nodeName.isEmpty()) {
      cluster.nominations().put(pod, nodeName, new int[0]);
    }
  }

  private static String phase(ApiObject pod) {
    return pod.header().fields().getOrDefault("status.phase", "");
  }

  private static JsonNode spec(@Nullable ApiObject pod) {
    return pod == null ? MissingNode.getInstance() : pod.tree().path("spec");
  }
}
