package io.berth.scheduler.preempt;

import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Chooses who would have to leave one node for a pod of a shape and priority: of those that may, in
 * the end only those without whose leaving it does not fit, the ones that break budgets kept
 * longest. Not safe for use by several threads.
 */
final class Victims {
  private final PodShape shape;
  private final int priority;
  private final Trial trial;
  private final Budgets budgets;
  private final Companions companions;
  private final Predicate<PodRecord> leaving;

  Victims(
      PodShape shape,
      int priority,
      Trial trial,
      Budgets budgets,
      Companions companions,
      Predicate<PodRecord> leaving) {
    this.shape = shape;
    this.priority = priority;
    this.trial = trial;
    this.budgets = budgets;
    this.companions = companions;
    this.leaving = leaving;
  }

  /**
   * Who would have to leave a node; null where it helps none. Who asks undoes the trial.
   *
   * @param standIns the pods that are to come there too, of at least the same priority
   * @param far whether a rule looks beyond the node
   */
  @Nullable Candidate of(Node node, List<Placement> standIns, boolean far) {
    List<Placement> lower = liftLower(node);
    if (far && !standIns.isEmpty() && trial.rejection(node) != null) {
      return null; // it must not depend on pods that are not there yet
    }
    trial.add(standIns);
    if (trial.rejection(node) != null) {
      return null;
    }
    lower.sort((a, b) -> Candidate.IMPORTANCE.compare(a.pod(), b.pod()));
    List<Unit> units = units(lower);
    List<Placement> all = new ArrayList<>();
    units.forEach(unit -> all.addAll(unit.all()));
    Set<String> violating = budgets.violating(all);
    List<PodRecord> victims = new ArrayList<>();
    int violations = 0;
    for (Unit unit : units) {
      int against = unit.count(violating);
      if (against > 0 && !reprieve(unit, node, standIns, far)) {
        unit.all().forEach(placement -> victims.add(placement.pod()));
        violations += against;
      }
    }
    for (Unit unit : units) {
      if (unit.count(violating) == 0 && !reprieve(unit, node, standIns, far)) {
        unit.all().forEach(placement -> victims.add(placement.pod()));
      }
    }
    victims.sort(Candidate.IMPORTANCE);
    return Candidate.of(node.index(), node.name(), victims, violations, devices(node));
  }

  /**
   * Pods that leave together or stay together.
   *
   * @param here those on the node that is looked at
   * @param all those elsewhere too
   */
  private record Unit(List<Placement> here, List<Placement> all) {
    int count(Set<String> uids) {
      int count = 0;
      for (Placement placement : all) {
        count += uids.contains(placement.pod().uid()) ? 1 : 0;
      }
      return count;
    }
  }

  /** In the order of their most important pods. */
  private List<Unit> units(List<Placement> lower) {
    List<Unit> units = new ArrayList<>(lower.size());
    Set<String> taken = new HashSet<>();
    for (Placement placement : lower) {
      List<Placement> all = companions.of(placement);
      if (all.size() <= 1) {
        units.add(new Unit(List.of(placement), List.of(placement)));
      } else if (!taken.contains(placement.pod().uid())) {
        List<Placement> here = new ArrayList<>();
        List<Placement> staying = new ArrayList<>();
        for (Placement other : all) {
          taken.add(other.pod().uid());
          if (!leaving.test(other.pod())) {
            staying.add(other);
            if (other.node() == placement.node()) {
              here.add(other);
            }
          }
        }
        units.add(new Unit(here, staying));
      }
    }
    return units;
  }

  /** Whether a pod may be pushed out: nobody of those that leave with it is as important. */
  boolean mayLeave(Placement placement) {
    if (placement.pod().priority() >= priority) {
      return false;
    }
    for (Placement other : companions.of(placement)) {
      if (other.pod().priority() >= priority && !leaving.test(other.pod())) {
        return false;
      }
    }
    return true;
  }

  /** Lifts all pods of lower priority; those that are about to leave anyway are no victims. */
  List<Placement> liftLower(Node node) {
    List<Placement> lower = new ArrayList<>();
    for (Placement placement : node.placements()) {
      boolean leaves = leaving.test(placement.pod()) && placement.pod().priority() < priority;
      if (leaves || mayLeave(placement)) {
        trial.lift(placement);
        if (!leaves) {
          lower.add(placement);
        }
      }
    }
    return lower;
  }

  private boolean reprieve(Unit unit, Node node, List<Placement> standIns, boolean far) {
    unit.here().forEach(trial::putBack);
    boolean fits = trial.rejection(node) == null;
    if (fits && far && !standIns.isEmpty()) {
      trial.removeAdded();
      fits = trial.rejection(node) == null;
      trial.add(standIns);
    }
    if (!fits) {
      unit.here().forEach(trial::lift);
    }
    return fits;
  }

  private int[] devices(Node node) {
    int share = shape.gpuShare();
    return node.gpus().choose(shape, share > 0 ? node.gpus().tightest(share) : -1);
  }
}
