package io.berth.scheduler.loop;

import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.gang.GangPlacer;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.gang.PodGroupRecord;
import io.berth.scheduler.queue.SchedulingQueue;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The loop's step for a pod that belongs to a group: all of the group's pods that wait are decided
 * in it. Guarded by the loop.
 */
final class GangStep {
  static final String RULE = "GangScheduling";

  private static final Set<ClusterEvent> GROUP = EnumSet.of(ClusterEvent.GROUP_CHANGED);

  private final LoopState state;
  private final Gangs gangs;
  private final GangPlacer placer;
  private final SchedulingQueue queue;
  private final Bindings bindings;
  private final TurnAway turnAway;
  private final GangWaits waits;
  private final GroupReporter reporter;

  GangStep(
      LoopState state,
      Bindings bindings,
      TurnAway turnAway,
      GangWaits waits,
      GroupReporter reporter) {
    this.state = state;
    this.gangs = state.gangs();
    this.placer = new GangPlacer(state.cluster(), state.deciders()::of, state.volumes());
    this.queue = state.queue();
    this.bindings = bindings;
    this.turnAway = turnAway;
    this.waits = waits;
    this.reporter = reporter;
  }

  /**
   * @param pod taken from the queue
   * @return what is to be done, or null where the pod is to be decided alone
   */
  @Nullable Runnable place(PodRecord pod) {
    String key = Gangs.keyOf(pod);
    PodGroupRecord group = gangs.group(key);
    if (group == null) {
      String message = "pod group " + key + " not found";
      return turnAway.forReason(pod, new TurnAway.Reason(Set.of(RULE), GROUP, message));
    }
    if (!group.notSupported().isEmpty()) {
      return notSupported(pod, group);
    }
    if (!group.binds()) {
      return null;
    }
    List<PodRecord> pods = new ArrayList<>(List.of(pod));
    int least = 1;
    if (group.isGang()) {
      for (PodRecord other : gangs.waiting(key)) {
        if (!other.uid().equals(pod.uid()) && queue.take(other.uid())) {
          pods.add(other);
        }
      }
      least = Math.max(1, group.minCount() - gangs.placed(key));
    }
    if (pods.size() < least) {
      String message = group.tooFew(pods.size() + gangs.placed(key));
      return all(pods, group, new TurnAway.Reason(Set.of(RULE), GROUP, message));
    }
    return placed(group, pods, least);
  }

  private Runnable notSupported(PodRecord pod, PodGroupRecord group) {
    String message = group.cannot();
    String onPod = "pod group " + group.key() + ": " + message;
    Runnable told = turnAway.notSupported(pod, new TurnAway.Reason(Set.of(RULE), GROUP, onPod));
    return () -> {
      told.run();
      reporter.waits(group.key(), GroupReporter.NOT_SUPPORTED, message);
    };
  }

  private Runnable placed(PodGroupRecord group, List<PodRecord> pods, int least) {
    AtomicReference<TurnAway.Reason> refusal = new AtomicReference<>();
    GangPlacer.Result result =
        placer.place(
            group,
            pods,
            least,
            gangs.placedUids(group.key()),
            (left, domain, within) -> refusal.set(reason(left, domain, within)));
    TurnAway.Reason refused = refusal.get();
    if (result.spots().isEmpty() && refused != null) {
      TurnAway.Reason reason = refused(group, result.possible(), refused);
      List<GangPlacer.Kept> kept = makeRoom(group, pods, least);
      return kept.isEmpty() ? all(pods, group, reason) : room(kept, pods, group, reason);
    }
    List<Runnable> actions = new ArrayList<>();
    for (GangPlacer.Spot spot : result.spots()) {
      gangs.putAssumed(spot.pod());
      actions.add(bindings.begin(spot.pod(), spot.node(), spot.devices(), spot.volumes()));
    }
    for (PodRecord pod : result.left()) {
      // Room for it alone would be made anywhere: that is of no use where the group keeps together.
      actions.add(
          group.topologyKey().isEmpty()
              ? turnAway.alone(pod)
              : turnAway.forReason(pod, reason(List.of(pod), "", null)));
    }
    return () -> actions.forEach(Runnable::run);
  }

  /** The first that fits nowhere is the example; what helps any of them may help the group. */
  private TurnAway.Reason reason(
      List<PodRecord> left, String domain, @Nullable IntPredicate within) {
    Set<String> rules = new TreeSet<>(Set.of(RULE));
    Set<ClusterEvent> helpedBy = EnumSet.copyOf(GROUP);
    helpedBy.add(ClusterEvent.NODE_ADDED);
    helpedBy.add(ClusterEvent.POD_LEFT);
    String example = "";
    Set<PodShape> asked = new HashSet<>();
    for (PodRecord pod : left) {
      if (asked.add(pod.shape())) {
        TurnAway.Reason reason = turnAway.reason(pod, within);
        rules.addAll(reason.rules());
        helpedBy.addAll(reason.helpedBy());
        example = example.isEmpty() ? reason.message() : example;
      }
    }
    String where = domain.isEmpty() ? "" : "within " + domain + " ";
    return new TurnAway.Reason(rules, helpedBy, where + example);
  }

  private TurnAway.Reason refused(PodGroupRecord group, int possible, TurnAway.Reason reason) {
    String message = group.tooFewFit(possible + gangs.placed(group.key()), reason.message());
    return new TurnAway.Reason(reason.rules(), reason.helpedBy(), message);
  }

  /** No room is kept for a group that it is not enough for, unless the group was begun already. */
  private List<GangPlacer.Kept> makeRoom(PodGroupRecord group, List<PodRecord> pods, int least) {
    String key = group.key();
    List<GangPlacer.Kept> kept =
        placer.makeRoom(group, pods, least, gangs.placedUids(key), state.preemption());
    if (kept.isEmpty() && (gangs.placed(key) == 0 || gangs.wasWhole(key))) {
      pods.forEach(pod -> state.room().release(pod.uid(), ""));
    }
    return kept;
  }

  /** Room is being made for so many that the group can be placed then. */
  private Runnable room(
      List<GangPlacer.Kept> kept,
      List<PodRecord> pods,
      PodGroupRecord group,
      TurnAway.Reason reason) {
    List<Runnable> actions = new ArrayList<>();
    Set<String> uids = new HashSet<>();
    for (GangPlacer.Kept one : kept) {
      uids.add(one.pod().uid());
      actions.add(turnAway.keeping(one.pod(), reason, one.made()));
    }
    List<PodRecord> others = pods.stream().filter(pod -> !uids.contains(pod.uid())).toList();
    actions.add(all(others, group, reason));
    return () -> actions.forEach(Runnable::run);
  }

  private Runnable all(List<PodRecord> pods, PodGroupRecord group, TurnAway.Reason reason) {
    String key = group.key();
    boolean whole = gangs.wasWhole(key);
    String message =
        group.isGang() && !whole ? waits.refused(key, reason.message()) : reason.message();
    TurnAway.Reason said = new TurnAway.Reason(reason.rules(), reason.helpedBy(), message);
    List<Runnable> actions = new ArrayList<>();
    pods.forEach(pod -> actions.add(turnAway.forReason(pod, said)));
    if (!whole) {
      String why = waits.overdue(key) ? GroupReporter.TIMED_OUT : GroupReporter.UNSCHEDULABLE;
      actions.add(() -> reporter.waits(key, why, message));
    }
    return () -> actions.forEach(Runnable::run);
  }
}
