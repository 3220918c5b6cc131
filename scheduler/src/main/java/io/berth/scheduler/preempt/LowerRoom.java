package io.berth.scheduler.preempt;

import io.berth.scheduler.cluster.ChangeLog;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.Amounts;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the pods of each priority take of each node: tells at a glance where it cannot help that
 * lower ones leave. Shared by all shapes; a node is summed up again when it changed. Not safe for
 * use by several threads.
 */
final class LowerRoom {
  /** No pods' leaving is enough. */
  static final long NONE = Long.MAX_VALUE;

  /** It may be enough that those leave that are about to. */
  static final long NOBODY = Long.MIN_VALUE;

  /**
   * What pods take together.
   *
   * @param priorities the different ones, from the lowest up
   * @param sums by priority, what the pods up to it take together
   */
  private record Levels(int[] priorities, long[][] sums) {
    static Levels of(TreeMap<Integer, long[]> byPriority) {
      int[] priorities = new int[byPriority.size()];
      long[][] sums = new long[priorities.length][];
      long[] all = Amounts.none();
      int level = 0;
      for (Map.Entry<Integer, long[]> entry : byPriority.entrySet()) {
        all = Amounts.plus(all, entry.getValue());
        priorities[level] = entry.getKey();
        sums[level++] = all;
      }
      return new Levels(priorities, sums);
    }

    long[] below(int priority) {
      long[] found = Amounts.none();
      for (int level = 0; level < priorities.length && priorities[level] < priority; level++) {
        found = sums[level];
      }
      return found;
    }
  }

  /** A node's pods: those about to leave, and the others. */
  private record Sums(Levels leaving, Levels staying) {}

  private final Cluster cluster;
  private final Predicate<PodRecord> leaving;
  private @Nullable Sums[] sums = new Sums[16];
  private long seen;

  LowerRoom(Cluster cluster, Predicate<PodRecord> leaving) {
    this.cluster = cluster;
    this.leaving = leaving;
  }

  /** Takes in all that changed since the last call. */
  void refresh() {
    ChangeLog changes = cluster.changes();
    if (sums.length < cluster.end()) {
      sums = Arrays.copyOf(sums, Math.max(cluster.end(), 2 * sums.length));
    }
    if (!changes.reaches(seen)) {
      Arrays.fill(sums, null);
      seen = changes.end();
    }
    for (; seen < changes.end(); seen++) {
      sums[changes.at(seen)] = null;
    }
  }

  /**
   * The lowest priority such that resources suffice once all pods up to it are gone; victims must
   * include one of at least that. {@link #NONE} where lower pods do not take enough.
   *
   * @param standIns pods that are to be there too
   */
  long bound(Node node, PodShape shape, int priority, List<Placement> standIns) {
    Sums known = sums[node.index()];
    if (known == null) {
      known = sum(node);
      sums[node.index()] = known;
    }
    long[] leaving = known.leaving.below(priority);
    if (leaving.length > 0 && enough(node, shape, leaving, Amounts.none(), standIns)) {
      return NOBODY;
    }
    Levels staying = known.staying;
    for (int level = 0; level < staying.priorities.length; level++) {
      if (staying.priorities[level] >= priority) {
        break;
      }
      if (enough(node, shape, leaving, staying.sums[level], standIns)) {
        return staying.priorities[level];
      }
    }
    return NONE;
  }

  private static boolean enough(
      Node node, PodShape shape, long[] going, long[] freed, List<Placement> standIns) {
    long[] requests = shape.requests();
    for (int slot = 0; slot < requests.length; slot++) {
      if (requests[slot] > 0) {
        long left = node.free(slot) + Amounts.at(going, slot) + Amounts.at(freed, slot);
        for (int i = 0; i < standIns.size(); i++) {
          left -= standIns.get(i).pod().shape().request(slot);
        }
        if (requests[slot] > left) {
          return false;
        }
      }
    }
    return true;
  }

  private Sums sum(Node node) {
    TreeMap<Integer, long[]> goes = new TreeMap<>();
    TreeMap<Integer, long[]> stays = new TreeMap<>();
    for (Placement placement : node.placements()) {
      PodRecord pod = placement.pod();
      (leaving.test(pod) ? goes : stays).merge(pod.priority(), pod.requests(), Amounts::plus);
    }
    return new Sums(Levels.of(goes), Levels.of(stays));
  }
}
