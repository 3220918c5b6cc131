package io.berth.scheduler.cluster;

import io.berth.scheduler.core.PodRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * On which nodes room is kept for pods that pushed others out of it. Pods of lower priority may not
 * take that room. A pod stays here until it is bound or gone, or wants the room no more. Not safe
 * for use by several threads.
 */
public final class Nominations {
  private record Nomination(PodRecord pod, String nodeName, int[] devices, LabelSet labels) {}

  private final Cluster cluster;
  private final Map<String, Nomination> byPod = new HashMap<>();
  private final Map<String, Map<String, Nomination>> byNode = new HashMap<>();

  Nominations(Cluster cluster) {
    this.cluster = cluster;
  }

  public boolean isEmpty() {
    return byPod.isEmpty();
  }

  /**
   * Keeps room on a node for a pod, and on no other any more.
   *
   * @param devices the GPUs that it is to get there; empty where it wants none or they are not
   *     known
   */
  public void put(PodRecord pod, String nodeName, int[] devices) {
    remove(pod.uid());
    LabelSet labels = cluster.neighbours().labels(pod.namespace(), pod.shape().labels());
    cluster.neighbours().hold(labels);
    cluster.neighbours().expect(pod.shape(), 1);
    Nomination nomination = new Nomination(pod, nodeName, devices, labels);
    byPod.put(pod.uid(), nomination);
    byNode.computeIfAbsent(nodeName, n -> new LinkedHashMap<>()).put(pod.uid(), nomination);
    cluster.touch(nodeName);
  }

  /**
   * The room is taken, or not wanted any more.
   *
   * @return the node where it was, or null where none was kept
   */
  public @Nullable String remove(String uid) {
    Nomination nomination = byPod.remove(uid);
    if (nomination == null) {
      return null;
    }
    cluster.neighbours().letGo(nomination.labels());
    cluster.neighbours().expect(nomination.pod().shape(), -1);
    String nodeName = nomination.nodeName();
    Map<String, Nomination> there = byNode.get(nodeName);
    if (there != null && there.remove(uid) != null && there.isEmpty()) {
      byNode.remove(nodeName);
    }
    cluster.touch(nodeName);
    return nodeName;
  }

  /** The node on which room is kept for a pod, or null. */
  public @Nullable String nodeOf(String uid) {
    Nomination nomination = byPod.get(uid);
    return nomination == null ? null : nomination.nodeName();
  }

  /** The pods that wait for room on a node; those already placed left out. */
  public List<PodRecord> on(String nodeName) {
    return waiting(nodeName).stream().map(Nomination::pod).toList();
  }

  private Collection<Nomination> waiting(String nodeName) {
    Map<String, Nomination> there = byNode.get(nodeName);
    return there == null
        ? List.of()
        : there.values().stream().filter(n -> !cluster.isPlaced(n.pod().uid())).toList();
  }

  /**
   * The pods that a pod must leave room for on a node, as if they were there: those of at least its
   * priority.
   *
   * @param uid the pod's own, for it does not stand in its own way
   */
  public List<Placement> standIns(Node node, String uid, int priority) {
    if (byNode.isEmpty()) {
      return List.of();
    }
    List<Placement> standIns = new ArrayList<>();
    for (Nomination nomination : waiting(node.name())) {
      PodRecord pod = nomination.pod();
      if (pod.priority() >= priority && !pod.uid().equals(uid)) {
        standIns.add(new Placement(pod, node, nomination.devices(), nomination.labels(), true));
      }
    }
    return standIns;
  }
}
