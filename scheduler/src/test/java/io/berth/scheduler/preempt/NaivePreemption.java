package io.berth.scheduler.preempt;

import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodAffinity;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.decide.ReferenceRules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What Kubernetes' DefaultPreemption does, read off its description: it looks at everything. */
final class NaivePreemption {
  record Nominee(PodRecord pod, String nodeName) {}

  record Choice(
      String nodeName,
      Set<String> victims,
      int violations,
      long highest,
      long sum,
      long earliestStart,
      int order) {}

  final ReferenceRules rules = new ReferenceRules();
  final Map<String, PodRecord> placed = new LinkedHashMap<>();
  final Map<String, Nominee> nominated = new LinkedHashMap<>();
  final Map<String, Budgets.Budget> budgets = new LinkedHashMap<>();

  /** By budget, those that were told to leave since it was described. */
  final Map<String, Set<String>> spentOf = new HashMap<>();

  private final Set<String> doomed = new HashSet<>();

  void place(PodRecord pod) {
    placed.put(pod.uid(), pod);
    rules.pods.put(
        pod.uid(),
        new ReferenceRules.Placed(pod.shape(), pod.details().terminating(), pod.nodeName()));
  }

  void remove(String uid) {
    placed.remove(uid);
    rules.pods.remove(uid);
    doomed.remove(uid);
  }

  void doom(Collection<PodRecord> victims) {
    for (PodRecord victim : victims) {
      doomed.add(victim.uid());
      for (Budgets.Budget budget : budgets.values()) {
        if (means(budget, victim)) {
          spentOf.computeIfAbsent(budget.name(), b -> new HashSet<>()).add(victim.uid());
        }
      }
    }
  }

  boolean leaving(PodRecord pod) {
    return pod.details().terminating() || doomed.contains(pod.uid());
  }

  private static boolean means(Budgets.Budget budget, PodRecord pod) {
    return budget.namespace().equals(pod.namespace())
        && budget.selector().matches(pod.shape().labels());
  }

  /** Whether a pod may go to a node with some pods gone, and with those come that wait for it. */
  boolean fits(PodRecord pod, String nodeName, Set<String> gone) {
    Map<String, ReferenceRules.Placed> all = new HashMap<>(rules.pods);
    try {
      rules.pods.keySet().removeAll(gone);
      boolean fits = rules.fits(pod.shape(), node(nodeName));
      for (Nominee nominee : nominated.values()) {
        PodRecord other = nominee.pod();
        if (nominee.nodeName().equals(nodeName)
            && other.priority() >= pod.priority()
            && !other.uid().equals(pod.uid())) {
          rules.pods.put(other.uid(), new ReferenceRules.Placed(other.shape(), false, nodeName));
        }
      }
      return fits && rules.fits(pod.shape(), node(nodeName));
    } finally {
      rules.pods.clear();
      rules.pods.putAll(all);
    }
  }

  private NodeRecord node(String name) {
    return Objects.requireNonNull(rules.nodes.get(name));
  }

  Set<String> leavingLower(String nodeName, int priority) {
    Set<String> leaving = new HashSet<>();
    for (PodRecord pod : lower(nodeName, priority)) {
      if (leaving(pod)) {
        leaving.add(pod.uid());
      }
    }
    return leaving;
  }

  private List<PodRecord> lower(String nodeName, int priority) {
    return placed.values().stream()
        .filter(p -> p.nodeName().equals(nodeName) && p.priority() < priority)
        .toList();
  }

  /** Whether it is not to preempt again, for pods are about to leave its node. */
  boolean waits(PodRecord pod) {
    Nominee nominee = nominated.get(pod.uid());
    return nominee != null
        && !leavingLower(nominee.nodeName(), pod.priority()).isEmpty()
        && mayHelp(pod, nominee.nodeName());
  }

  /**
   * Whether it is for other pods that the pod cannot be there. Kubernetes asks the first rule only
   * that turns it away, and whether it could be near enough to others comes last.
   */
  private boolean mayHelp(PodRecord pod, String nodeName) {
    ReferenceRules alone = new ReferenceRules();
    NodeRecord node = node(nodeName);
    alone.nodes.put(nodeName, node);
    PodShape shape = pod.shape();
    PodShape bare = shape.toBuilder().affinity(PodAffinity.NONE).spread(List.of()).build();
    return alone.fits(bare, node)
        && shape.spread().stream()
            .allMatch(c -> !c.hard() || node.labels().containsKey(c.topologyKey()))
        && (rules.affinityHolds(shape, node) || !rules.fitsButForAffinity(shape, node));
  }

  @Nullable Choice best(PodRecord pod) {
    List<Choice> choices = new ArrayList<>();
    for (String nodeName : rules.nodes.keySet()) {
      Choice choice = choice(pod, nodeName);
      if (choice != null) {
        choices.add(choice);
      }
    }
    return choices.stream()
        .min(
            Comparator.comparingInt(Choice::violations)
                .thenComparingLong(Choice::highest)
                .thenComparingLong(Choice::sum)
                .thenComparingInt(c -> c.victims().size())
                .thenComparingLong(c -> -c.earliestStart())
                .thenComparingInt(Choice::order))
        .orElse(null);
  }

  private @Nullable Choice choice(PodRecord pod, String nodeName) {
    Set<String> gone = new HashSet<>();
    lower(nodeName, pod.priority()).forEach(p -> gone.add(p.uid()));
    if (gone.isEmpty() || !mayHelp(pod, nodeName) || !fits(pod, nodeName, gone)) {
      return null;
    }
    List<PodRecord> candidates = new ArrayList<>();
    for (PodRecord lower : lower(nodeName, pod.priority())) {
      if (!leaving(lower)) {
        candidates.add(lower);
      }
    }
    candidates.sort(Candidate.IMPORTANCE);
    Set<String> violating = violating(candidates);
    List<PodRecord> order = new ArrayList<>(candidates);
    order.sort(Comparator.comparing(p -> !violating.contains(p.uid())));
    List<PodRecord> victims = new ArrayList<>();
    for (PodRecord candidate : order) {
      gone.remove(candidate.uid());
      if (!fits(pod, nodeName, gone)) {
        gone.add(candidate.uid());
        victims.add(candidate);
      }
    }
    return choice(nodeName, victims, violating);
  }

  private static Choice choice(String nodeName, List<PodRecord> victims, Set<String> violating) {
    Set<String> uids = new HashSet<>();
    int violations = 0;
    long highest = Long.MIN_VALUE;
    long sum = 0;
    for (PodRecord victim : victims) {
      uids.add(victim.uid());
      violations += violating.contains(victim.uid()) ? 1 : 0;
      highest = Math.max(highest, victim.priority());
      sum += victim.priority() + (1L << 31);
    }
    long earliest = Long.MAX_VALUE;
    for (PodRecord victim : victims) {
      long started = victim.details().startedMillis();
      if (victim.priority() == highest) {
        earliest = Math.min(earliest, started == 0 ? Long.MAX_VALUE : started);
      }
    }
    int order = Integer.parseInt(nodeName.substring(1));
    return new Choice(nodeName, uids, violations, highest, sum, earliest, order);
  }

  private Set<String> violating(List<PodRecord> pods) {
    Set<String> violating = new HashSet<>();
    for (Budgets.Budget budget : budgets.values()) {
      int left = budget.allowed() - spentOf.getOrDefault(budget.name(), Set.of()).size();
      for (PodRecord pod : pods) {
        if (means(budget, pod) && --left < 0) {
          violating.add(pod.uid());
        }
      }
    }
    return violating;
  }
}
