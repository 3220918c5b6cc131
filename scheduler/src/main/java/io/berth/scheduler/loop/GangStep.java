package io.berth.scheduler.loop;

import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.gang.GangPlacer;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.gang.PodGroupRecord;
import io.berth.scheduler.queue.SchedulingQueue;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The loop's step for a pod that belongs to a group: all of the group's pods that wait are decided
 * in it. Guarded by the loop.
 */
final class GangStep {
  static final String RULE = "GangScheduling";

  private static final Set<ClusterEvent> GROUP = EnumSet.of(ClusterEvent.GROUP_CHANGED);

  private final Gangs gangs;
  private final GangPlacer placer;
  private final SchedulingQueue queue;
  private final Bindings bindings;
  private final TurnAway turnAway;
  private final GroupCondition condition;

  GangStep(LoopState state, Bindings bindings, TurnAway turnAway, GroupCondition condition) {
    this.gangs = state.gangs();
    this.placer = new GangPlacer(state.cluster(), state.deciders()::of);
    this.queue = state.queue();
    this.bindings = bindings;
    this.turnAway = turnAway;
    this.condition = condition;
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
    if (!group.isGang()) {
      return null;
    }
    List<PodRecord> pods = new ArrayList<>(List.of(pod));
    for (PodRecord other : gangs.waiting(key)) {
      if (!other.uid().equals(pod.uid()) && queue.take(other.uid())) {
        pods.add(other);
      }
    }
    int least = Math.max(1, group.minCount() - gangs.placed(key));
    if (pods.size() < least) {
      int known = pods.size() + gangs.placed(key);
      String needs = "pod group " + key + " needs " + group.minCount() + " pods at once, ";
      return all(pods, group, new TurnAway.Reason(Set.of(RULE), GROUP, needs + known + " exist"));
    }
    return placed(group, pods, least);
  }

  private Runnable placed(PodGroupRecord group, List<PodRecord> pods, int least) {
    GangPlacer.Result result = placer.place(group, pods, least);
    if (result.spots().isEmpty()) {
      return refused(group, pods, result.possible());
    }
    List<Runnable> actions = new ArrayList<>();
    for (GangPlacer.Spot spot : result.spots()) {
      gangs.putPlaced(spot.pod());
      actions.add(bindings.begin(spot.pod(), spot.node(), spot.devices()));
    }
    result.left().forEach(pod -> actions.add(turnAway.alone(pod)));
    actions.add(() -> condition.write(group.key(), null));
    return () -> actions.forEach(Runnable::run);
  }

  private Runnable refused(PodGroupRecord group, List<PodRecord> pods, int possible) {
    Set<String> rules = new TreeSet<>(Set.of(RULE));
    Set<ClusterEvent> helpedBy = EnumSet.copyOf(GROUP);
    helpedBy.add(ClusterEvent.NODE_ADDED);
    helpedBy.add(ClusterEvent.POD_LEFT);
    String example = "";
    for (PodRecord pod : pods) {
      TurnAway.Reason refusal = turnAway.reason(pod);
      rules.addAll(refusal.rules());
      helpedBy.addAll(refusal.helpedBy());
      example = refusal.message();
    }
    String most = "of the " + group.minCount() + " pods that pod group " + group.key();
    int together = possible + gangs.placed(group.key());
    String message = most + " needs at once " + together + " can be placed: " + example;
    return all(pods, group, new TurnAway.Reason(rules, helpedBy, message));
  }

  private Runnable all(List<PodRecord> pods, PodGroupRecord group, TurnAway.Reason reason) {
    List<Runnable> actions = new ArrayList<>();
    pods.forEach(pod -> actions.add(turnAway.forReason(pod, reason)));
    actions.add(() -> condition.write(group.key(), reason.message()));
    return () -> actions.forEach(Runnable::run);
  }
}
