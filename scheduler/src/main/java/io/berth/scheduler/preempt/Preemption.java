package io.berth.scheduler.preempt;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.decide.Profile;
import io.berth.scheduler.rules.PodCheck;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes room for pods that fit nowhere, by the leaving of pods of lower priority: what Kubernetes
 * calls DefaultPreemption, with its criteria. It decides, and keeps the room in the model; that the
 * victims are told to leave is the caller's part. Not safe for use by several threads: the loop
 * guards it.
 */
public final class Preemption {
  /** How many shapes and priorities are remembered. */
  private static final int REMEMBERED = 64;

  /** What came of an attempt. */
  public sealed interface Outcome {
    /**
     * Room is being made.
     *
     * @param nodeName where
     * @param victims the pods that are to leave
     * @param displaced pods of lower priority that waited for room on the node and do not any more
     */
    record Nominated(String nodeName, List<PodRecord> victims, List<PodRecord> displaced)
        implements Outcome {}

    /**
     * No room is being made.
     *
     * @param message why, in Kubernetes' words
     * @param lost whether room was kept for the pod and is not any more
     */
    record Refused(String message, boolean lost) implements Outcome {}
  }

  private record Key(PodShape shape, int priority, String profile) {}

  private final Cluster cluster;
  private final Companions companions;
  private final Budgets budgets;
  private final LowerRoom lowerRoom;

  /** The uids of pods that were told to leave, until they are gone. */
  private final Set<String> doomed = new HashSet<>();

  private final LinkedHashMap<Key, Prospects> remembered = new LinkedHashMap<>(16, 0.75f, true);

  /** The last that were made for one pod alone. */
  private @Nullable Prospects single;

  public Preemption(Cluster cluster) {
    this(cluster, Companions.NONE);
  }

  /**
   * @param companions which pods leave together
   */
  public Preemption(Cluster cluster, Companions companions) {
    this.cluster = cluster;
    this.companions = companions;
    this.budgets = new Budgets(cluster);
    this.lowerRoom = new LowerRoom(cluster, this::leaving);
  }

  /** The disruption budgets that it keeps where it can. */
  public Budgets budgets() {
    return budgets;
  }

  private boolean leaving(PodRecord pod) {
    return pod.details().terminating() || doomed.contains(pod.uid());
  }

  /**
   * Makes room for a pod that fits nowhere.
   *
   * @param own what counts for the pod alone, or null
   */
  public Outcome attempt(PodRecord pod, Profile profile, @Nullable PodCheck own) {
    Outcome.Refused refused = ineligible(pod, profile, own);
    if (refused != null) {
      return refused;
    }
    boolean hadRoom = cluster.nominations().remove(pod.uid()) != null;
    Prospects prospects = prospects(pod, profile, own);
    Candidate chosen = prospects.choose();
    if (chosen == null) {
      return new Outcome.Refused(prospects.message(), hadRoom);
    }
    return nominate(pod, chosen);
  }

  /** The same for a pod that may go nowhere whatever pods leave. */
  public Outcome.Refused hopeless(PodRecord pod, Profile profile) {
    Outcome.Refused refused = ineligible(pod, profile, null);
    if (refused != null) {
      return refused;
    }
    boolean hadRoom = cluster.nominations().remove(pod.uid()) != null;
    return new Outcome.Refused(prospects(pod, profile, null).messageOfNone(), hadRoom);
  }

  private Outcome.@Nullable Refused ineligible(
      PodRecord pod, Profile profile, @Nullable PodCheck own) {
    if (!pod.details().preempts()) {
      return new Outcome.Refused("not eligible due to preemptionPolicy=Never.", false);
    }
    if (waits(pod)
        && prospects(pod, profile, own).mayHelp(cluster.nominations().nodeOf(pod.uid()))) {
      return new Outcome.Refused(
          "not eligible due to a terminating pod on the nominated node.", false);
    }
    return null;
  }

  /** Whether pods are still to leave the node on which room is kept for a pod. */
  public boolean waits(PodRecord pod) {
    String nodeName = cluster.nominations().nodeOf(pod.uid());
    Node node = nodeName == null ? null : cluster.node(nodeName);
    return node != null
        && node.placements().stream()
            .anyMatch(p -> p.pod().priority() < pod.priority() && leaving(p.pod()));
  }

  private Outcome nominate(PodRecord pod, Candidate chosen) {
    List<PodRecord> displaced =
        cluster.nominations().on(chosen.nodeName()).stream()
            .filter(other -> other.priority() < pod.priority())
            .toList();
    displaced.forEach(other -> cluster.nominations().remove(other.uid()));
    for (PodRecord victim : chosen.victims()) {
      doomed.add(victim.uid());
      budgets.spend(victim);
      touchNodeOf(victim);
    }
    cluster.nominations().put(pod, chosen.nodeName(), chosen.devices());
    return new Outcome.Nominated(chosen.nodeName(), chosen.victims(), displaced);
  }

  /** A pod is gone. */
  public void left(String uid) {
    doomed.remove(uid);
  }

  /** What was decided is not to be done: all is as it was before. */
  public void undo(PodRecord pod, Outcome.Nominated nominated) {
    failed(pod, nominated.nodeName(), nominated.victims());
    for (PodRecord other : nominated.displaced()) {
      cluster.nominations().put(other, nominated.nodeName(), new int[0]);
    }
  }

  /** Victims could not be told to leave: the room that they were to make is kept no longer. */
  public void failed(PodRecord pod, String nodeName, List<PodRecord> staying) {
    for (PodRecord victim : staying) {
      doomed.remove(victim.uid());
      budgets.giveBack(victim);
      touchNodeOf(victim);
    }
    cluster.nominations().remove(pod.uid());
    cluster.touch(nodeName);
  }

  private void touchNodeOf(PodRecord pod) {
    Placement placement = cluster.placement(pod.uid());
    if (placement != null) {
      cluster.touch(placement.node().name());
    }
  }

  private Prospects prospects(PodRecord pod, Profile profile, @Nullable PodCheck own) {
    if (own != null) {
      if (single != null) {
        single.close();
      }
      single = make(pod, profile, own);
      return single;
    }
    PodShape shape = cluster.neighbours().essence(pod.shape());
    Key key = new Key(shape, pod.priority(), profile.schedulerName());
    Prospects known = remembered.get(key);
    if (known != null && !known.outdated()) {
      return known;
    }
    if (known != null) {
      known.close();
    }
    Prospects made = make(pod, profile, null);
    remembered.put(key, made);
    while (remembered.size() > REMEMBERED) {
      remembered.pollFirstEntry().getValue().close();
    }
    return made;
  }

  private Prospects make(PodRecord pod, Profile profile, @Nullable PodCheck own) {
    return new Prospects(
        cluster.neighbours().essence(pod.shape()),
        pod.priority(),
        profile,
        cluster,
        lowerRoom,
        budgets,
        companions,
        this::leaving,
        own);
  }
}
