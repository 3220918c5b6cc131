package io.berth.scheduler.preempt;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.decide.Profile;
import io.berth.scheduler.rules.Check;
import io.berth.scheduler.rules.PodCheck;
import io.berth.scheduler.rules.Rule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the rules would say to pods of one shape if other pods were gone, or there. It moves pods in
 * the model itself, and {@link #undo} puts everything back. Not safe for use by several threads.
 */
final class Trial implements AutoCloseable {
  private final Cluster cluster;
  private final List<Check> checks = new ArrayList<>();
  private final List<Check> wide = new ArrayList<>();
  private final @Nullable PodCheck own;

  /** By uid: what is to be done to undo everything. */
  private final Map<String, Placement> lifted = new LinkedHashMap<>();

  private final List<Placement> standIns = new ArrayList<>();

  /**
   * @param own what counts for one pod alone, or null
   */
  Trial(PodShape shape, Profile profile, Cluster cluster, @Nullable PodCheck own) {
    this.cluster = cluster;
    this.own = own;
    for (Rule rule : profile.rules()) {
      Check check = rule.bind(shape, cluster);
      if (check != null) {
        checks.add(check);
        if (!check.local()) {
          wide.add(check);
        }
      }
    }
  }

  /** Takes in that a node changed, came or went. */
  void changed(int index, @Nullable Node node) {
    for (int i = 0; i < wide.size(); i++) {
      wide.get(i).changed(index, node);
    }
  }

  /** Whether what a rule says of one node depends on others now. */
  boolean looksFar() {
    for (int i = 0; i < wide.size(); i++) {
      if (wide.get(i).far()) {
        return true;
      }
    }
    return false;
  }

  /** The first rule that keeps such pods from the node, those first that look at it alone. */
  @Nullable Rejection rejection(Node node) {
    Rejection found = null;
    for (int i = 0; i < checks.size() && found == null; i++) {
      found = checks.get(i).test(node);
    }
    return found == null && own != null ? own.test(node) : found;
  }

  /** All that the first such rule says. */
  List<String> reasons(Node node) {
    for (Check check : checks) {
      List<Rejection> found = check.explain(node);
      if (!found.isEmpty()) {
        return found.stream().map(Rejection::reason).toList();
      }
    }
    Rejection last = own == null ? null : own.test(node);
    return last == null ? List.of() : List.of(last.reason());
  }

  /** As if a pod were gone. */
  void lift(Placement placement) {
    cluster.lift(placement);
    lifted.put(placement.pod().uid(), placement);
    changed(placement.node().index(), placement.node());
  }

  /** As if a lifted pod were there again. */
  void putBack(Placement placement) {
    lifted.remove(placement.pod().uid());
    cluster.putBack(placement);
    changed(placement.node().index(), placement.node());
  }

  /** As if pods that are not there yet were there. */
  void add(List<Placement> pods) {
    pods.forEach(cluster::putBack);
    standIns.addAll(pods);
    pods.forEach(p -> changed(p.node().index(), p.node()));
  }

  /** Takes back what {@link #add} did. */
  void removeAdded() {
    standIns.forEach(cluster::lift);
    standIns.forEach(p -> changed(p.node().index(), p.node()));
    standIns.clear();
  }

  /** Everything is as it was. */
  void undo() {
    removeAdded();
    List.copyOf(lifted.values()).forEach(this::putBack);
  }

  @Override
  public void close() {
    checks.forEach(Check::close);
  }
}
