package io.berth.scheduler.loop;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.preempt.Preemption;
import io.berth.scheduler.queue.SchedulingQueue;
import java.util.EnumSet;

/** Room on nodes that is there again, or that is kept for a pod. Guarded by the loop. */
final class Room {
  private final Cluster cluster;
  private final SchedulingQueue queue;
  private final Hints hints;
  private final Preemption preemption;

  Room(Cluster cluster, SchedulingQueue queue, Hints hints, Preemption preemption) {
    this.cluster = cluster;
    this.queue = queue;
    this.hints = hints;
    this.preemption = preemption;
  }

  /** Room on a node: for those first that wait for it there, then for whom it is enough. */
  void made(String nodeName) {
    Node node = cluster.node(nodeName);
    for (PodRecord pod : cluster.nominations().on(nodeName)) {
      if (node == null || hints.fits(pod, node) || !preemption.waits(pod)) {
        queue.roomMade(pod.uid());
      }
    }
    queue.happened(EnumSet.of(ClusterEvent.POD_LEFT), hints.onNode(nodeName));
  }

  /** The room that is being made for a pod, as an earlier run of the scheduler wrote it down. */
  void keep(PodRecord pod, boolean first) {
    String known = cluster.nominations().nodeOf(pod.uid());
    String nodeName = known == null && first ? pod.details().nominatedNode() : known;
    if (nodeName != null && !nodeName.isEmpty()) {
      cluster.nominations().put(pod, nodeName, new int[0]);
    }
  }

  /** A pod's room is kept no longer; what it does not take itself is there for others. */
  void release(String uid, String takenOn) {
    String nodeName = cluster.nominations().remove(uid);
    if (nodeName != null && !nodeName.equals(takenOn)) {
      made(nodeName);
    }
  }
}
