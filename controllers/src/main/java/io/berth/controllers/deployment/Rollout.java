package io.berth.controllers.deployment;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How many replicas each version should have next: pure arithmetic over what the ReplicaSets say of
 * themselves. In a rolling update no step asks for more pods than {@code replicas + maxSurge}, and
 * none takes away available pods below {@code replicas - maxUnavailable}.
 */
final class Rollout {
  private Rollout() {}

  /** A version and the replicas it should have. */
  record Scale(Version set, int replicas) {}

  static int total(List<Version> sets) {
    return sets.stream().mapToInt(Version::replicas).sum();
  }

  /**
   * Available pods that will stay: a ReplicaSet that was just told to shrink may still report those
   * that are about to go.
   */
  private static int available(List<Version> sets) {
    return sets.stream().mapToInt(v -> Math.min(v.availableReplicas(), v.replicas())).sum();
  }

  /** Pods that there are or are to be: those that a ReplicaSet has yet to delete count too. */
  static int occupied(List<Version> sets) {
    return sets.stream().mapToInt(v -> Math.max(v.replicas(), v.statusReplicas())).sum();
  }

  /** The replicas of the newest version, which may not exist yet (then it has 0). */
  static int newest(DeploymentFacts deployment, int now, int occupied) {
    if (deployment.recreate() || now >= deployment.replicas()) {
      return deployment.replicas();
    }
    int room = deployment.replicas() + deployment.maxSurge() - occupied;
    if (room <= 0) {
      return now;
    }
    return now + Math.min(room, deployment.replicas() - now);
  }

  /**
   * Takes replicas from old versions: first those that are not available anyway, then available
   * ones as far as the bound allows; the oldest version first.
   */
  static List<Scale> shrinkOld(DeploymentFacts deployment, Version newest, List<Version> old) {
    int minAvailable = deployment.replicas() - deployment.maxUnavailable();
    int newAvailable = available(List.of(newest));
    int newUnavailable = newest.replicas() - newAvailable;
    int removable = total(old) + newest.replicas() - minAvailable - newUnavailable;
    if (total(old) == 0 || removable <= 0) {
      return List.of();
    }
    List<Version> byAge = new ArrayList<>(old.stream().sorted(Version.BY_AGE).toList());
    int removed = 0;
    for (int i = 0; i < byAge.size() && removed < removable; i++) {
      Version set = byAge.get(i);
      int unhealthy = Math.max(0, set.replicas() - set.availableReplicas());
      int less = Math.min(removable - removed, unhealthy);
      byAge.set(i, set.withReplicas(set.replicas() - less));
      removed += less;
    }
    int spare = available(old) + newAvailable - minAvailable;
    for (int i = 0; i < byAge.size() && spare > 0; i++) {
      Version set = byAge.get(i);
      int less = Math.min(spare, set.replicas());
      byAge.set(i, set.withReplicas(set.replicas() - less));
      spare -= less;
    }
    return changes(old, byAge);
  }

  private static List<Scale> changes(List<Version> before, List<Version> after) {
    List<Scale> changes = new ArrayList<>();
    for (Version set : after) {
      for (Version was : before) {
        if (was.uid().equals(set.uid()) && was.replicas() != set.replicas()) {
          changes.add(new Scale(was, set.replicas()));
        }
      }
    }
    return changes;
  }

  /**
   * Spreads a change of {@code replicas} in the middle of a rollout over all active versions by
   * their size, the rest to the largest.
   */
  static List<Scale> proportional(DeploymentFacts deployment, List<Version> active) {
    int allowed = deployment.replicas() > 0 ? deployment.replicas() + deployment.maxSurge() : 0;
    int missing = allowed - total(active);
    Comparator<Version> bySize = Comparator.comparingInt(v -> -v.replicas());
    Comparator<Version> order =
        bySize.thenComparing(missing > 0 ? Version.BY_AGE.reversed() : Version.BY_AGE);
    List<Version> sorted = active.stream().sorted(order).toList();
    List<Scale> scales = new ArrayList<>();
    int given = 0;
    for (Version set : sorted) {
      int share = missing == 0 ? 0 : share(deployment, set, missing, given);
      given += share;
      scales.add(new Scale(set, set.replicas() + share));
    }
    if (!scales.isEmpty() && missing != 0) {
      Scale largest = scales.getFirst();
      int rest = missing - given;
      scales.set(0, new Scale(largest.set(), Math.max(0, largest.replicas() + rest)));
    }
    return scales;
  }

  private static int share(DeploymentFacts deployment, Version set, int missing, int given) {
    if (set.replicas() == 0 || missing == given) {
      return 0;
    }
    int fraction = fraction(deployment, set);
    int left = missing - given;
    return missing > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
  }

  /** How much a version of this size grows or shrinks when the whole does. */
  private static int fraction(DeploymentFacts deployment, Version set) {
    if (deployment.replicas() == 0) {
      return -set.replicas();
    }
    long max = (long) deployment.replicas() + deployment.maxSurge();
    long maxBefore = Version.number(set.annotations().get(Version.MAX));
    if (maxBefore <= 0) {
      maxBefore = deployment.status().path("replicas").asInt();
    }
    if (maxBefore <= 0) {
      return 0;
    }
    return (int) Math.round((double) set.replicas() * max / maxBefore) - set.replicas();
  }
}
