package io.berth.scheduler.gang;

import io.berth.scheduler.core.PodRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The pod groups, and the pods that belong to them. Not safe for use by several threads: the loop
 * guards it.
 */
public final class Gangs {
  private final Map<String, PodGroupRecord> groups = new HashMap<>();
  private final Map<String, Map<String, PodRecord>> waiting = new HashMap<>();
  private final Map<String, Set<String>> placed = new HashMap<>();
  private final Map<String, String> groupOf = new HashMap<>();

  /** The group that a pod names, in its namespace; empty where it names none. */
  public static String keyOf(PodRecord pod) {
    String group = pod.details().group();
    return group.isEmpty() ? "" : pod.namespace() + "/" + group;
  }

  public void putGroup(PodGroupRecord group) {
    groups.put(group.key(), group);
  }

  public void removeGroup(String key) {
    groups.remove(key);
  }

  /** The group of that key, or null where nobody has made it (yet). */
  public @Nullable PodGroupRecord group(String key) {
    return groups.get(key);
  }

  /** Takes a pod that waits for a node. */
  public void putWaiting(PodRecord pod) {
    String key = keyOf(pod);
    if (!key.isEmpty()) {
      remove(pod.uid());
      groupOf.put(pod.uid(), key);
      waiting.computeIfAbsent(key, k -> new LinkedHashMap<>()).put(pod.uid(), pod);
    }
  }

  /** Takes a pod that has a node, or has run to its end there. */
  public void putPlaced(PodRecord pod) {
    String key = keyOf(pod);
    if (!key.isEmpty()) {
      remove(pod.uid());
      groupOf.put(pod.uid(), key);
      placed.computeIfAbsent(key, k -> new HashSet<>()).add(pod.uid());
    }
  }

  /** A pod is gone. */
  public void remove(String uid) {
    String key = groupOf.remove(uid);
    if (key == null) {
      return;
    }
    Map<String, PodRecord> pods = waiting.get(key);
    if (pods != null && pods.remove(uid) != null && pods.isEmpty()) {
      waiting.remove(key);
    }
    Set<String> uids = placed.get(key);
    if (uids != null && uids.remove(uid) && uids.isEmpty()) {
      placed.remove(key);
    }
  }

  /** The pods of a group that wait, the longest known first. */
  public List<PodRecord> waiting(String key) {
    return new ArrayList<>(waiting.getOrDefault(key, Map.of()).values());
  }

  /** How many pods of a group have a node. */
  public int placed(String key) {
    return placed.getOrDefault(key, Set.of()).size();
  }

  /**
   * Of each gang of which some pods have a node, but too few, one that waits: what an earlier run
   * of the scheduler began and did not end.
   */
  public List<PodRecord> begun() {
    List<PodRecord> pods = new ArrayList<>();
    for (String key : new TreeSet<>(waiting.keySet())) {
      PodGroupRecord group = groups.get(key);
      if (group != null && placed(key) > 0 && placed(key) < group.minCount()) {
        pods.add(waiting(key).getFirst());
      }
    }
    return pods;
  }
}
