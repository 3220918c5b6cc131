package io.berth.scheduler.preempt;

import io.berth.scheduler.cluster.ChangeLog;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.decide.Diagnosis;
import io.berth.scheduler.decide.Profile;
import io.berth.scheduler.rules.PodCheck;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The nodes on which room could be made for pods of one shape and priority. What was found out
 * about a node is kept until the node changes; where a rule looks beyond the node, until anything
 * does. Not safe for use by several threads.
 *
 * <p>As in Kubernetes, not all nodes are looked at before one is chosen, but as many as are likely
 * to have a good one among them, and all while none was found that keeps the budgets. Here they are
 * looked at in the order of the lowest priority that a victim can have.
 */
final class Prospects implements AutoCloseable {
  private static final int ENOUGH = 100;
  private static final int ENOUGH_PERCENT = 10;
  private static final List<String> NOT_HELPFUL =
      List.of("Preemption is not helpful for scheduling");
  private static final List<String> NO_VICTIMS =
      List.of("No preemption victims found for incoming pod");

  private final PodShape shape;
  private final int priority;
  private final Cluster cluster;
  private final LowerRoom lowerRoom;
  private final Budgets budgets;
  private final Companions companions;
  private final Victims victims;
  private final Trial trial;
  private final long neighboursEpoch;

  private @Nullable Candidate[] candidates = new Candidate[0];
  private final TreeSet<Candidate> found = new TreeSet<>(Candidate.ORDER);
  private final OpenNodes open = new OpenNodes();
  private boolean far;

  /** After the node chosen last: where all is looked at again, those before had their turn. */
  private int offset;

  private long seen = -1;
  private long budgetsEpoch;
  private long companionsEpoch;
  private @Nullable String message;

  /**
   * @param own what counts for one pod alone, which then is the only one that may ask; or null
   */
  Prospects(
      PodShape shape,
      int priority,
      Profile profile,
      Cluster cluster,
      LowerRoom lowerRoom,
      Budgets budgets,
      Companions companions,
      Predicate<PodRecord> leaving,
      @Nullable PodCheck own) {
    this.shape = shape;
    this.priority = priority;
    this.cluster = cluster;
    this.lowerRoom = lowerRoom;
    this.budgets = budgets;
    this.companions = companions;
    this.trial = new Trial(shape, profile, cluster, own);
    this.victims = new Victims(shape, priority, trial, budgets, companions, leaving);
    this.neighboursEpoch = cluster.neighbours().epoch();
  }

  /** Whether counts that it holds were thrown away, so that it must be made anew. */
  boolean outdated() {
    return neighboursEpoch != cluster.neighbours().epoch();
  }

  /** The node on which to make room, or null where nothing helps. */
  @Nullable Candidate choose() {
    refresh();
    int enough = far ? ENOUGH : Math.max(ENOUGH, cluster.size() / 100 * ENOUGH_PERCENT);
    OpenNodes.Entry next = open.first();
    while (next != null && !enough(enough, next)) {
      look(next.index());
      next = open.first();
    }
    if (found.isEmpty()) {
      return null;
    }
    offset = found.getFirst().index() + 1;
    return found.getFirst();
  }

  private boolean enough(int count, OpenNodes.Entry next) {
    if (found.size() < count) {
      return false;
    }
    Candidate best = found.getFirst();
    return best.violations() == 0 && best.highest() <= next.bound();
  }

  // Keeping up.

  private void refresh() {
    lowerRoom.refresh();
    ChangeLog changes = cluster.changes();
    boolean lost = seen < 0 || !changes.reaches(seen);
    boolean farNow = cluster.end() > 0 && trial.looksFar();
    boolean all =
        lost
            || farNow != far
            || (far && seen != changes.end())
            || budgetsEpoch != budgets.epoch()
            || companionsEpoch != companions.epoch();
    far = farNow;
    grow();
    message = all || seen != changes.end() ? null : message;
    if (lost) {
      for (int index = 0; index < candidates.length; index++) {
        trial.changed(index, nodeAt(index));
      }
    } else {
      for (long position = seen; position < changes.end(); position++) {
        int index = changes.at(position);
        trial.changed(index, nodeAt(index));
      }
    }
    if (all) {
      open.clear(candidates.length);
      for (int index = 0; index < candidates.length; index++) {
        open(index);
      }
    } else {
      for (long position = seen; position < changes.end(); position++) {
        open(changes.at(position));
      }
    }
    seen = changes.end();
    budgetsEpoch = budgets.epoch();
    companionsEpoch = companions.epoch();
  }

  private void grow() {
    if (candidates.length < cluster.end()) {
      candidates = Arrays.copyOf(candidates, cluster.end());
    }
  }

  private @Nullable Node nodeAt(int index) {
    return index < cluster.end() ? cluster.at(index) : null;
  }

  private void open(int index) {
    forget(index);
    Node node = nodeAt(index);
    if (node == null || !mayHelp(node)) {
      return;
    }
    long bound = lowerRoom.bound(node, shape, priority, standIns(node));
    if (bound != LowerRoom.NONE) {
      int rank = far ? Math.floorMod(index - offset, candidates.length) : index;
      open.put(new OpenNodes.Entry(bound, rank, index));
    }
  }

  private void forget(int index) {
    Candidate candidate = candidates[index];
    if (candidate != null) {
      found.remove(candidate);
      candidates[index] = null;
    }
    open.remove(index);
  }

  /** Whether it may help there that pods leave. */
  boolean mayHelp(@Nullable String nodeName) {
    refresh();
    Node node = nodeName == null ? null : cluster.node(nodeName);
    return node != null && mayHelp(node);
  }

  private boolean mayHelp(Node node) {
    Rejection rejection = trial.rejection(node);
    return rejection == null || rejection.resolvable();
  }

  /** The pods that are to come too, of at least the same priority. */
  private List<Placement> standIns(Node node) {
    return cluster.nominations().standIns(node, "", priority);
  }

  // Looking at one node.

  private void look(int index) {
    forget(index);
    Node node = nodeAt(index);
    if (node == null) {
      return;
    }
    try {
      Candidate candidate = victims.of(node, standIns(node), far);
      if (candidate != null) {
        candidates[index] = candidate;
        found.add(candidate);
      }
    } finally {
      trial.undo();
    }
  }

  // Explaining.

  /** Why no node helps, in Kubernetes' words. */
  String message() {
    String known = message;
    if (known == null) {
      known = count();
      message = known;
    }
    return known;
  }

  /** The same where it helps on no node. */
  String messageOfNone() {
    SortedMap<String, Integer> reasons = new TreeMap<>();
    NOT_HELPFUL.forEach(reason -> reasons.put(reason, cluster.size()));
    return message(reasons);
  }

  private String message(SortedMap<String, Integer> reasons) {
    return new Diagnosis(cluster.size(), reasons, new TreeSet<>(), 0, "").message();
  }

  private String count() {
    SortedMap<String, Integer> reasons = new TreeMap<>();
    for (int index = 0; index < cluster.end(); index++) {
      Node node = cluster.at(index);
      if (node != null) {
        reasons(node).forEach(reason -> reasons.merge(reason, 1, Integer::sum));
      }
    }
    return message(reasons);
  }

  private List<String> reasons(Node node) {
    if (!mayHelp(node)) {
      return NOT_HELPFUL;
    }
    if (node.placements().stream().noneMatch(victims::mayLeave)) {
      return NO_VICTIMS;
    }
    try {
      victims.liftLower(node);
      trial.add(standIns(node));
      return trial.reasons(node);
    } finally {
      trial.undo();
    }
  }

  @Override
  public void close() {
    trial.close();
  }
}
