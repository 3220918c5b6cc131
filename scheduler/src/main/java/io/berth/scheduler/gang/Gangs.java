package io.berth.scheduler.gang;

import io.berth.scheduler.core.PodRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
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
  /** Who is told what becomes of gangs, under the loop's guard. */
  public interface Listener {
    /** So many of a gang's pods are bound, for the first time, that it is placed. */
    void whole(String key);

    /** No pods are left of a group. */
    void empty(String key);
  }

  /** The pods of one group, by uid. */
  private static final class Members {
    final Map<String, PodRecord> waiting = new LinkedHashMap<>();

    /** Those that have a node or have run to their end there; true where the API knows. */
    final Map<String, Boolean> placed = new LinkedHashMap<>();

    boolean none() {
      return waiting.isEmpty() && placed.isEmpty();
    }

    long bound() {
      return placed.values().stream().filter(b -> b).count();
    }
  }

  private final Map<String, PodGroupRecord> groups = new HashMap<>();
  private final Map<String, Members> members = new HashMap<>();
  private final Map<String, String> groupOf = new HashMap<>();

  private long epoch;

  /** The gangs that were placed once. */
  private final Set<String> whole = new HashSet<>();

  private Listener listener =
      new Listener() {
        @Override
        public void whole(String key) {}

        @Override
        public void empty(String key) {}
      };

  /** Tells this one, and nobody else any more. */
  public void listen(Listener to) {
    listener = to;
  }

  /** The group that a pod names, in its namespace; empty where it names none. */
  public static String keyOf(PodRecord pod) {
    String group = pod.details().group();
    return group.isEmpty() ? "" : pod.namespace() + "/" + group;
  }

  /**
   * @param wasWhole whether it is known to have been placed before
   */
  public void putGroup(PodGroupRecord group, boolean wasWhole) {
    groups.put(group.key(), group);
    changed(group.key());
    if (wasWhole) {
      whole.add(group.key());
    } else {
      check(group.key());
    }
  }

  public void removeGroup(String key) {
    changed(key);
    groups.remove(key);
    whole.remove(key);
  }

  /** The group of that key, or null where nobody has made it (yet). */
  public @Nullable PodGroupRecord group(String key) {
    return groups.get(key);
  }

  /** The pod with the priority that counts for it: its group's, where that has one. */
  public PodRecord ranked(PodRecord pod) {
    PodGroupRecord group = pod.details().group().isEmpty() ? null : groups.get(keyOf(pod));
    Integer priority = group == null ? null : group.priority();
    return priority == null ? pod : pod.withPriority(priority);
  }

  /** Rises when another set of pods must leave together. */
  public long epoch() {
    return epoch;
  }

  /** The uids of the placed pods that must leave where this one is pushed out, itself included. */
  public Set<String> leavingWith(PodRecord pod) {
    PodGroupRecord group = pod.details().group().isEmpty() ? null : groups.get(keyOf(pod));
    return group == null || !group.leavesWhole() ? Set.of(pod.uid()) : placedUids(group.key());
  }

  private void changed(String key) {
    PodGroupRecord group = groups.get(key);
    epoch += group != null && group.leavesWhole() ? 1 : 0;
  }

  /** Takes a pod that waits for a node. */
  public void putWaiting(PodRecord pod) {
    Members group = moved(pod);
    if (group != null) {
      group.waiting.put(pod.uid(), pod);
    }
  }

  /** Takes a pod for which a node was decided. */
  public void putAssumed(PodRecord pod) {
    Members group = moved(pod);
    if (group != null) {
      group.placed.put(pod.uid(), false);
    }
  }

  /** Takes a pod that has a node, or has run to its end there. */
  public void putBound(PodRecord pod) {
    Members group = moved(pod);
    if (group != null) {
      group.placed.put(pod.uid(), true);
      check(keyOf(pod));
    }
  }

  private @Nullable Members moved(PodRecord pod) {
    String key = keyOf(pod);
    if (key.isEmpty()) {
      return null;
    }
    String before = groupOf.put(pod.uid(), key);
    Members group = members.computeIfAbsent(key, k -> new Members());
    changed(key);
    if (before != null) {
      group.waiting.remove(pod.uid());
      group.placed.remove(pod.uid());
    }
    return group;
  }

  private void check(String key) {
    PodGroupRecord group = groups.get(key);
    Members pods = members.get(key);
    if (group != null
        && group.isGang()
        && pods != null
        && pods.bound() >= group.minCount()
        && whole.add(key)) {
      listener.whole(key);
    }
  }

  /** A pod is gone. */
  public void remove(String uid) {
    String key = groupOf.remove(uid);
    Members group = key == null ? null : members.get(key);
    if (key == null || group == null) {
      return;
    }
    changed(key);
    group.waiting.remove(uid);
    group.placed.remove(uid);
    if (group.placed.isEmpty()) {
      whole.remove(key); // what comes now is another start
    }
    if (group.none()) {
      members.remove(key);
      listener.empty(key);
    }
  }

  /** The pods of a group that wait, the longest known first. */
  public List<PodRecord> waiting(String key) {
    Members group = members.get(key);
    return group == null ? List.of() : new ArrayList<>(group.waiting.values());
  }

  /** How many pods of a group have a node. */
  public int placed(String key) {
    return placedUids(key).size();
  }

  /** The uids of the pods of a group that have a node or have run to their end there. */
  public Set<String> placedUids(String key) {
    Members group = members.get(key);
    return group == null ? Set.of() : new LinkedHashSet<>(group.placed.keySet());
  }

  /** Whether the API knows the pod's node. */
  public boolean isBound(String key, String uid) {
    Members group = members.get(key);
    return group != null && group.placed.getOrDefault(uid, false);
  }

  /** Whether a gang was placed and has pods there since. */
  public boolean wasWhole(String key) {
    return whole.contains(key) && placed(key) > 0;
  }

  /**
   * Of each gang of which some pods have a node, but too few, one that waits: what an earlier run
   * of the scheduler began and did not end.
   */
  public List<PodRecord> begun() {
    List<PodRecord> pods = new ArrayList<>();
    for (String key : new TreeSet<>(members.keySet())) {
      PodGroupRecord group = groups.get(key);
      List<PodRecord> waiting = waiting(key);
      boolean some = placed(key) > 0 && !waiting.isEmpty();
      if (group != null && some && placed(key) < group.minCount()) {
        pods.add(waiting.getFirst());
      }
    }
    return pods;
  }
}
