package io.berth.scheduler.loop;

import io.berth.scheduler.cluster.Node;
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

  /** What the loop does with one pod. */
  interface Loop {
    /** The pod is counted on its node: binds it. */
    Runnable assumed(PodRecord pod, Node node, int[] devices);

    /** The pod is to be told by itself why it fits nowhere. */
    Runnable turnedAway(PodRecord pod);

    /** The pod waits for its group. */
    Runnable wait(PodRecord pod, String message, Set<String> rules, Set<ClusterEvent> helpedBy);

    /** Why no node takes the pod: the rules, and a sentence. */
    Refusal refusal(PodRecord pod);

    /** Says on the group how it stands. */
    Runnable tell(PodGroupRecord group, @Nullable String trouble);
  }

  /** Why a pod fits nowhere. */
  record Refusal(Set<String> rules, Set<ClusterEvent> helpedBy, String message) {}

  private static final Set<ClusterEvent> GROUP = EnumSet.of(ClusterEvent.GROUP_CHANGED);

  private final Gangs gangs;
  private final GangPlacer placer;
  private final SchedulingQueue queue;
  private final Loop loop;

  GangStep(Gangs gangs, GangPlacer placer, SchedulingQueue queue, Loop loop) {
    this.gangs = gangs;
    this.placer = placer;
    this.queue = queue;
    this.loop = loop;
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
      return loop.wait(pod, message, Set.of(RULE), GROUP);
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
      return all(
          pods,
          group,
          "pod group " + key + " needs " + group.minCount() + " pods at once, " + known + " exist",
          Set.of(RULE),
          GROUP);
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
      actions.add(loop.assumed(spot.pod(), spot.node(), spot.devices()));
    }
    result.left().forEach(pod -> actions.add(loop.turnedAway(pod)));
    actions.add(loop.tell(group, null));
    return () -> actions.forEach(Runnable::run);
  }

  private Runnable refused(PodGroupRecord group, List<PodRecord> pods, int possible) {
    Set<String> rules = new TreeSet<>(Set.of(RULE));
    Set<ClusterEvent> helpedBy = EnumSet.copyOf(GROUP);
    helpedBy.add(ClusterEvent.NODE_ADDED);
    helpedBy.add(ClusterEvent.POD_LEFT);
    String example = "";
    for (PodRecord pod : pods) {
      Refusal refusal = loop.refusal(pod);
      rules.addAll(refusal.rules());
      helpedBy.addAll(refusal.helpedBy());
      example = refusal.message();
    }
    String most = "of the " + group.minCount() + " pods that pod group " + group.key();
    int together = possible + gangs.placed(group.key());
    String message = most + " needs at once " + together + " can be placed: " + example;
    return all(pods, group, message, rules, helpedBy);
  }

  private Runnable all(
      List<PodRecord> pods,
      PodGroupRecord group,
      String message,
      Set<String> rules,
      Set<ClusterEvent> helpedBy) {
    List<Runnable> actions = new ArrayList<>();
    pods.forEach(pod -> actions.add(loop.wait(pod, message, rules, helpedBy)));
    actions.add(loop.tell(group, message));
    return () -> actions.forEach(Runnable::run);
  }
}
