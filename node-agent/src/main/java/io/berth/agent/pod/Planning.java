package io.berth.agent.pod;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A plan in the making. */
final class Planning {
  private final PodSnapshot snapshot;
  private final List<PodAction> actions = new ArrayList<>();
  private final Map<String, Waiting> waiting = new LinkedHashMap<>();
  private @Nullable Verdict verdict;
  private @Nullable Duration wake;

  Planning(PodSnapshot snapshot) {
    this.snapshot = snapshot;
  }

  PodSnapshot snapshot() {
    return snapshot;
  }

  List<PodAction> actions() {
    return actions;
  }

  void add(PodAction action) {
    actions.add(action);
  }

  void waiting(String container, Waiting why) {
    waiting.put(container, why);
  }

  void verdict(Verdict end) {
    verdict = end;
  }

  /** Looks again after that time at the latest. */
  void wake(Duration after) {
    Duration positive = after.isNegative() ? Duration.ZERO : after;
    if (wake == null || positive.compareTo(wake) < 0) {
      wake = positive;
    }
  }

  /** Whether a failed attempt still holds up the container, or under the empty name the pod. */
  boolean blocked(String name) {
    Blocked blocked = snapshot.history().blocked().get(name);
    if (blocked == null) {
      return false;
    }
    PodView pod = snapshot.pod();
    if (!name.isEmpty()) {
      waiting(name, blocked.waiting());
    } else if (pod != null) {
      pod.every().forEach(def -> waiting(def.name(), blocked.waiting()));
    }
    if (!blocked.holds(snapshot.nowNanos())) {
      return false;
    }
    if (!blocked.forever()) {
      wake(Duration.ofNanos(blocked.untilNanos() - snapshot.nowNanos()));
    }
    return true;
  }

  /** What is left of a grace period that began when the deletion was seen. */
  Duration remaining(Duration grace) {
    long passed = snapshot.nowNanos() - snapshot.history().deletionSeenNanos();
    Duration left = grace.minusNanos(passed);
    return left.isNegative() ? Duration.ZERO : left;
  }

  PodPlan done() {
    return new PodPlan(actions, waiting, verdict, wake);
  }
}
