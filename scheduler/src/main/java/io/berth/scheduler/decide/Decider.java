package io.berth.scheduler.decide;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.rules.PodCheck;
import io.berth.scheduler.rules.PodRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides where one pod goes: of the nodes that no rule forbids the one with the highest score; of
 * equals the one that is known longest. It changes nothing but what it remembers of pods of the
 * same shape: equal histories give equal decisions. Not safe for use by several threads.
 */
public final class Decider implements AutoCloseable {
  /** How many nodes all remembered shapes may have together; it bounds the memory. */
  private static final int REMEMBERED = 2_000_000;

  private final Cluster cluster;
  private final Profile profile;
  private final PodRule podRule;
  private final IdleNodes idle;
  private final LinkedHashMap<PodShape, Candidates> remembered =
      new LinkedHashMap<>(64, 0.75f, true);

  public Decider(Cluster cluster, Profile profile) {
    this(cluster, profile, PodRule.NONE);
  }

  /**
   * @param podRule what counts for single pods
   */
  public Decider(Cluster cluster, Profile profile, PodRule podRule) {
    this.cluster = cluster;
    this.profile = profile;
    this.podRule = podRule;
    this.idle = new IdleNodes(cluster);
  }

  public Profile profile() {
    return profile;
  }

  /** Where a pod can go, and which of the node's GPUs it gets. */
  public record Spot(Node node, int[] devices) {}

  /** The best place for a pod, or null where there is none. */
  public @Nullable Spot decide(PodRecord pod) {
    return decide(pod, null);
  }

  /**
   * @param within which nodes are asked, by index; null for all
   */
  public @Nullable Spot decide(PodRecord pod, @Nullable IntPredicate within) {
    profile.packing().saw(pod.shape());
    return look(pod, within);
  }

  /** The same for a pod that is only asked about: it tells nothing about pods to come. */
  public @Nullable Spot look(PodRecord pod) {
    return look(pod, null);
  }

  /**
   * @param within which nodes are asked, by index; null for all
   */
  public @Nullable Spot look(PodRecord pod, @Nullable IntPredicate within) {
    PodShape shape = pod.shape();
    List<String> named = shape.namedNodes();
    Candidates candidates = candidates(shape);
    PodCheck check = podRule.bind(pod);
    IntPredicate allowed = both(both(allowed(pod, check, candidates), within), passing(check));
    if (named != null && named.size() == 1) {
      return only(named.getFirst(), candidates, allowed);
    }
    Spot nominated = nominated(pod, candidates, allowed);
    if (nominated != null) {
      return nominated;
    }
    int best = candidates.best(allowed);
    Node node = best < 0 ? null : cluster.at(best);
    return node == null ? null : new Spot(node, candidates.devices(node));
  }

  /** What counts for the pod alone, as things are; null where nothing does. */
  public @Nullable PodCheck own(PodRecord pod) {
    return podRule.bind(pod);
  }

  private @Nullable IntPredicate passing(@Nullable PodCheck check) {
    return check == null
        ? null
        : index -> {
          Node node = cluster.at(index);
          return node != null && check.test(node) == null;
        };
  }

  private static @Nullable IntPredicate both(@Nullable IntPredicate a, @Nullable IntPredicate b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    return a.and(b);
  }

  private @Nullable Spot only(String name, Candidates candidates, @Nullable IntPredicate allowed) {
    Node node = cluster.node(name);
    return node != null
            && candidates.fitsNow(node)
            && (allowed == null || allowed.test(node.index()))
        ? new Spot(node, candidates.devices(node))
        : null;
  }

  /** The node on which room was made for the pod comes first, where it still fits there. */
  private @Nullable Spot nominated(
      PodRecord pod, Candidates candidates, @Nullable IntPredicate allowed) {
    String name = cluster.nominations().nodeOf(pod.uid());
    return name == null ? null : only(name, candidates, allowed);
  }

  /** Keeps a pod out of room that is kept for others of at least its priority. */
  private @Nullable IntPredicate allowed(
      PodRecord pod, @Nullable PodCheck check, Candidates candidates) {
    return cluster.nominations().isEmpty()
        ? null
        : index -> {
          Node node = cluster.at(index);
          return node != null && fitsBeside(pod, check, node, candidates);
        };
  }

  private boolean fitsBeside(
      PodRecord pod, @Nullable PodCheck check, Node node, Candidates candidates) {
    List<Placement> standIns = cluster.nominations().standIns(node, pod.uid(), pod.priority());
    return standIns.isEmpty() || candidates.fitsWith(standIns, check, node);
  }

  /** Why no node takes a pod. */
  public Diagnosis diagnose(PodRecord pod) {
    Candidates candidates = candidates(pod.shape());
    PodCheck check = podRule.bind(pod);
    if (check == null) {
      return candidates.diagnosis();
    }
    Rejection everywhere = check.everywhere();
    if (everywhere != null) {
      return Diagnosis.everywhere(cluster.size(), everywhere);
    }
    candidates.refresh();
    Diagnosis.Builder builder = new Diagnosis.Builder();
    for (Node node : cluster.nodes()) {
      List<Rejection> found = candidates.rejections(node, false);
      Rejection own = found.isEmpty() ? check.test(node) : null;
      builder.add(own == null ? found : List.of(own), 1);
    }
    return builder.build();
  }

  /**
   * The same for a pod that may go to some nodes only.
   *
   * @param within which, by index
   * @param outside what is said of the others
   */
  public Diagnosis diagnose(PodRecord pod, IntPredicate within, Rejection outside) {
    Candidates candidates = candidates(pod.shape());
    candidates.refresh();
    PodCheck check = podRule.bind(pod);
    Rejection everywhere = check == null ? null : check.everywhere();
    if (everywhere != null) {
      return Diagnosis.everywhere(cluster.size(), everywhere);
    }
    Diagnosis.Builder builder = new Diagnosis.Builder();
    for (Node node : cluster.nodes()) {
      List<Rejection> found =
          within.test(node.index()) ? candidates.rejections(node, false) : List.of(outside);
      Rejection own = check == null || !found.isEmpty() ? null : check.test(node);
      builder.add(own == null ? found : List.of(own), 1);
    }
    return builder.build();
  }

  /** All that keeps a pod from a node, rule by rule. */
  public List<Rejection> rejections(PodRecord pod, Node node) {
    List<Rejection> found = new ArrayList<>(rejections(pod.shape(), node));
    PodCheck check = podRule.bind(pod);
    Rejection own = check == null ? null : check.everywhere();
    if (own == null && check != null) {
      own = check.test(node);
    }
    if (own != null) {
      found.add(own);
    }
    return found;
  }

  /** All that keeps a pod of that shape from a node, rule by rule. */
  public List<Rejection> rejections(PodShape shape, Node node) {
    Candidates candidates = candidates(shape);
    candidates.refresh();
    return candidates.rejections(node, true);
  }

  /** Whether a pod of that shape may go to a node as things are. */
  public boolean fits(PodShape shape, Node node) {
    return candidates(shape).fitsNow(node);
  }

  /** Whether a pod may go to a node as things are and leaves the room that is kept there. */
  public boolean fits(PodRecord pod, Node node) {
    PodCheck check = podRule.bind(pod);
    return fits(pod.shape(), node)
        && (check == null || check.test(node) == null)
        && fitsBeside(pod, check, node, candidates(pod.shape()));
  }

  /** The GPUs that a pod of that shape would get on a node. */
  public int[] devices(PodShape shape, Node node) {
    return candidates(shape).devices(node);
  }

  /** Decides, and counts the pod on its node. */
  public @Nullable Placement place(PodRecord pod) {
    Spot spot = decide(pod);
    return spot == null ? null : cluster.assume(pod, spot.node(), spot.devices());
  }

  private Candidates candidates(PodShape of) {
    PodShape shape = cluster.neighbours().essence(of);
    Candidates known = remembered.get(shape);
    if (known != null && !known.outdated()) {
      return known;
    }
    if (known != null) {
      known.close();
    }
    Candidates made = new Candidates(shape, profile, cluster, idle);
    remembered.put(shape, made);
    int most = Math.clamp(REMEMBERED / Math.max(1, cluster.end()), 16, 512);
    while (remembered.size() > most) {
      remembered.pollFirstEntry().getValue().close();
    }
    return made;
  }

  @Override
  public void close() {
    remembered.values().forEach(Candidates::close);
    remembered.clear();
  }
}
