package io.berth.scheduler.decide;

import io.berth.scheduler.cluster.GroupKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that a pod's local rules let through, in groups of those that are alike to all that
 * looks beyond the node. A decision looks at the best of each group instead of at each node. Not
 * safe for use by several threads.
 */
final class Groups {
  private final Map<GroupKey, Group> byKey = new HashMap<>();
  private final List<Group> all = new ArrayList<>();
  private @Nullable Group[] of = new Group[0];
  private double[] scores = new double[0];
  private int[] places = new int[0];

  List<Group> all() {
    return all;
  }

  double score(int node) {
    return scores[node];
  }

  boolean contains(int node) {
    return node < of.length && of[node] != null;
  }

  /** Puts a node into the group of the key, or only in its place there. */
  void put(int node, GroupKey key, double score) {
    grow(node);
    Group before = of[node];
    if (before != null && before.key().equals(key)) {
      if (scores[node] != score) {
        scores[node] = score;
        before.moved(node, scores, places);
      }
      return;
    }
    remove(node);
    scores[node] = score;
    Group group = byKey.get(key);
    if (group == null) {
      group = new Group(key.copy());
      byKey.put(group.key(), group);
      all.add(group);
    }
    of[node] = group;
    group.add(node, scores, places);
  }

  void remove(int node) {
    Group group = node < of.length ? of[node] : null;
    if (group == null) {
      return;
    }
    of[node] = null;
    group.remove(node, scores, places);
    if (group.size() == 0) {
      byKey.remove(group.key());
      all.remove(group);
    }
  }

  private void grow(int node) {
    if (node >= of.length) {
      int size = Math.max(16, Math.max(node + 1, of.length + (of.length >> 1)));
      of = Arrays.copyOf(of, size);
      scores = Arrays.copyOf(scores, size);
      places = Arrays.copyOf(places, size);
    }
  }
}
