package io.berth.scheduler.preempt;

import io.berth.api.object.LabelSelector;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.PodRecord;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How many pods may be disrupted by the PodDisruptionBudgets. Their status follows what happens
 * with a delay: what was taken from a budget counts until its status can have seen it. Not safe for
 * use by several threads.
 */
public final class Budgets {
  /**
   * A budget as the API shows it. Immutable.
   *
   * @param namespace of the pods that it means
   * @param name its name
   * @param selector the pods that it means
   * @param allowed how many of them may be disrupted now
   * @param disrupted names of pods whose eviction it has counted already
   */
  public record Budget(
      String namespace, String name, LabelSelector selector, int allowed, Set<String> disrupted) {
    public Budget {
      disrupted = Set.copyOf(disrupted);
    }

    boolean means(PodRecord pod) {
      return !selector.isEmpty()
          && !pod.shape().labels().isEmpty()
          && selector.matches(pod.shape().labels())
          && !disrupted.contains(pod.name());
    }
  }

  private final Cluster cluster;
  private final Map<String, Map<String, Budget>> byNamespace = new HashMap<>();

  /** By a budget's key, the victims that its status may not show yet. */
  private final Map<String, Set<String>> spent = new HashMap<>();

  /** More disruptions than any one node can ask for are as good as that many. */
  private static final int PLENTY = 1_000;

  private long epoch;

  Budgets(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Rises with every change that can make a difference. */
  long epoch() {
    return epoch;
  }

  /** Takes a budget as the API shows it. */
  public void put(Budget budget) {
    Budget before =
        byNamespace
            .computeIfAbsent(budget.namespace(), n -> new LinkedHashMap<>())
            .put(budget.name(), budget);
    int was = before == null ? 0 : counts(before);
    Set<String> taken = spent.get(key(budget));
    if (taken != null && taken.removeIf(this::seenLeaving) && taken.isEmpty()) {
      spent.remove(key(budget));
    }
    boolean same =
        before != null
            && counts(budget) == was
            && before.selector().equals(budget.selector())
            && before.disrupted().equals(budget.disrupted());
    epoch += same ? 0 : 1;
  }

  private int counts(Budget budget) {
    return Math.clamp(left(budget), 0, PLENTY);
  }

  private boolean seenLeaving(String uid) {
    Placement placement = cluster.placement(uid);
    return placement == null || placement.pod().details().terminating();
  }

  public void remove(String namespace, String name) {
    epoch++;
    spent.remove(namespace + "/" + name);
    Map<String, Budget> there = byNamespace.get(namespace);
    if (there != null && there.remove(name) != null && there.isEmpty()) {
      byNamespace.remove(namespace);
    }
  }

  private static String key(Budget budget) {
    return budget.namespace() + "/" + budget.name();
  }

  private Iterable<Budget> of(String namespace) {
    Map<String, Budget> there = byNamespace.get(namespace);
    return there == null ? List.of() : there.values();
  }

  /** The uids of those pods that exceed a budget when all of them leave in this order. */
  Set<String> violating(List<Placement> pods) {
    if (byNamespace.isEmpty()) {
      return Set.of();
    }
    Map<Budget, Integer> left = new HashMap<>();
    Set<String> violating = new HashSet<>();
    for (Placement placement : pods) {
      PodRecord pod = placement.pod();
      for (Budget budget : of(pod.namespace())) {
        if (budget.means(pod) && left.merge(budget, left(budget) - 1, (was, n) -> was - 1) < 0) {
          violating.add(pod.uid());
        }
      }
    }
    return violating;
  }

  private int left(Budget budget) {
    return budget.allowed() - spent.getOrDefault(key(budget), Set.of()).size();
  }

  /** A pod is to leave. */
  void spend(PodRecord victim) {
    for (Budget budget : of(victim.namespace())) {
      if (budget.means(victim)) {
        int before = counts(budget);
        spent.computeIfAbsent(key(budget), k -> new HashSet<>()).add(victim.uid());
        epoch += counts(budget) == before ? 0 : 1;
      }
    }
  }

  /** A pod stays after all. */
  void giveBack(PodRecord victim) {
    for (Budget budget : of(victim.namespace())) {
      Set<String> taken = spent.get(key(budget));
      if (taken != null && taken.remove(victim.uid())) {
        epoch++;
      }
    }
  }
}
