package io.berth.scheduler.cache;

import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.NodeState;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The nodes, and on each the pods that are bound to it or about to be.
 *
 * <pre>
 *            assume            confirm (the API shows it bound)
 *   waiting ───────▶ assumed ─────────────────────────────────▶ bound ──▶ removed
 *                       └──────────▶ waiting
 *                          forget (the binding failed)
 * </pre>
 *
 * <p>An assumed pod stays so until its binding's outcome is known; nothing here expires. Pods may
 * be bound to nodes that are not known (yet): they count once the node comes. Not safe for use by
 * several threads: the loop guards it.
 */
public final class SchedulerCache {
  private record Placed(PodRecord pod, String nodeName, boolean assumed) {}

  private final TreeMap<String, NodeState> nodes = new TreeMap<>();
  private final Map<String, Placed> podsByUid = new HashMap<>();
  private final Map<String, Map<String, PodRecord>> podsByNode = new HashMap<>();
  private @Nullable Snapshot snapshot;

  /** The cluster now. Cheap where nothing changed since the last call. */
  public Snapshot snapshot() {
    Snapshot current = snapshot;
    if (current == null) {
      current = new Snapshot(Arrays.asList(nodes.values().toArray(NodeState[]::new)));
      snapshot = current;
    }
    return current;
  }

  /**
   * Takes a node as the API describes it.
   *
   * @return what changed about it, as far as it may help pods that wait
   */
  public Set<ClusterEvent> putNode(NodeState described) {
    NodeState before = nodes.get(described.name());
    NodeState now = described;
    if (before == null) {
      for (PodRecord pod : podsOn(described.name()).values()) {
        now = now.plus(pod);
      }
    } else {
      now = before.describedBy(described);
    }
    put(now);
    return before == null ? EnumSet.of(ClusterEvent.NODE_ADDED) : changes(before, now);
  }

  private static Set<ClusterEvent> changes(NodeState before, NodeState now) {
    Set<ClusterEvent> changes = EnumSet.noneOf(ClusterEvent.class);
    if (!Arrays.equals(before.allocatable(), now.allocatable())) {
      changes.add(ClusterEvent.NODE_ALLOCATABLE_CHANGED);
    }
    if (!before.labels().equals(now.labels())) {
      changes.add(ClusterEvent.NODE_LABELS_CHANGED);
    }
    if (!before.taints().equals(now.taints()) || before.unschedulable() != now.unschedulable()) {
      changes.add(ClusterEvent.NODE_TAINTS_CHANGED);
    }
    return changes;
  }

  public void removeNode(String name) {
    nodes.remove(name);
    snapshot = null;
  }

  /** Counts a pod on the node that was decided for it, before the API knows. */
  public void assume(PodRecord pod, String nodeName) {
    place(pod, nodeName, true);
  }

  /** Takes an assumption back. Does nothing where the pod is known to be bound. */
  public void forget(PodRecord pod) {
    Placed placed = podsByUid.get(pod.uid());
    if (placed != null && placed.assumed()) {
      unplace(placed);
    }
  }

  /** Whether the pod is assumed or bound. */
  public boolean isPlaced(String uid) {
    return podsByUid.containsKey(uid);
  }

  /** Takes a pod that the API shows as bound; an assumption of it ends. */
  public void putBoundPod(PodRecord pod) {
    place(pod, pod.nodeName(), false);
  }

  /**
   * Takes a pod out that is gone or has ended.
   *
   * @return whether it held anything
   */
  public boolean removePod(String uid) {
    Placed placed = podsByUid.get(uid);
    if (placed == null) {
      return false;
    }
    unplace(placed);
    return true;
  }

  private void place(PodRecord pod, String nodeName, boolean assumed) {
    Placed before = podsByUid.get(pod.uid());
    if (before != null) {
      unplace(before);
    }
    podsByUid.put(pod.uid(), new Placed(pod, nodeName, assumed));
    podsByNode.computeIfAbsent(nodeName, n -> new LinkedHashMap<>()).put(pod.uid(), pod);
    NodeState node = nodes.get(nodeName);
    if (node != null) {
      put(node.plus(pod));
    }
  }

  private void unplace(Placed placed) {
    podsByUid.remove(placed.pod().uid());
    Map<String, PodRecord> onNode = podsOn(placed.nodeName());
    onNode.remove(placed.pod().uid());
    if (onNode.isEmpty()) {
      podsByNode.remove(placed.nodeName());
    }
    NodeState node = nodes.get(placed.nodeName());
    if (node != null) {
      put(node.minus(placed.pod()));
    }
  }

  private void put(NodeState node) {
    nodes.put(node.name(), node);
    snapshot = null;
  }

  private Map<String, PodRecord> podsOn(String nodeName) {
    return podsByNode.getOrDefault(nodeName, new HashMap<>());
  }

  /** The pods counted on a node, for tests and metrics. */
  public List<PodRecord> pods(String nodeName) {
    return new ArrayList<>(podsOn(nodeName).values());
  }
}
