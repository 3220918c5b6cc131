package io.berth.scheduler.loop;

import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.gang.PodGroupRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How long gangs wait. A gang that is not placed in time is overdue: it is tried on, but nothing
 * stays reserved for it, neither room that was kept for it nor that of pods of it which were bound
 * while others could not be. Guarded by the loop, its lock for what the timer finds.
 */
final class GangWaits implements Gangs.Listener {
  private static final class Wait {
    String why = "";
    boolean overdue;
    Timers.@Nullable Cancellable timer;
  }

  private final LoopGuard guard;
  private final LoopState state;
  private final Environment environment;
  private final Duration timeout;
  private final Evictor evictor;
  private final Reporter reporter;
  private final GroupReporter groupReporter;
  private final Map<String, Wait> waits = new HashMap<>();

  /** Since when groups wait that this run of the scheduler has not seen waiting yet. */
  private final Map<String, Instant> before = new HashMap<>();

  /**
   * @param timeout zero for none
   */
  GangWaits(
      LoopGuard guard,
      LoopState state,
      Environment environment,
      Duration timeout,
      Evictor evictor,
      Reporter reporter,
      GroupReporter groupReporter) {
    this.guard = guard;
    this.state = state;
    this.environment = environment;
    this.timeout = timeout;
    this.evictor = evictor;
    this.reporter = reporter;
    this.groupReporter = groupReporter;
    state.gangs().listen(this);
  }

  /** Since when a group waits, as an earlier run of the scheduler wrote it down. */
  void waitsSince(String key, Instant since) {
    before.put(key, since);
  }

  /**
   * A gang was not placed.
   *
   * @return what is to be said
   */
  String refused(String key, String why) {
    Wait wait = waits.get(key);
    if (wait == null) {
      wait = new Wait();
      waits.put(key, wait);
      Instant now = environment.clock().now();
      Instant since = before.remove(key);
      Duration waited = since == null ? Duration.ZERO : Duration.between(since, now);
      Duration left = timeout.minus(waited);
      wait.overdue = !timeout.isZero() && !left.isPositive();
      arm(key, wait, wait.overdue ? timeout : left);
    }
    wait.why = why;
    return said(key, wait);
  }

  private String said(String key, Wait wait) {
    return wait.overdue
        ? "pod group " + key + " was not placed within " + timeout.toSeconds() + "s: " + wait.why
        : wait.why;
  }

  private void arm(String key, Wait wait, Duration delay) {
    cancel(wait);
    if (!timeout.isZero()) {
      wait.timer = environment.timers().after(delay, () -> timeIsOver(key));
    }
  }

  private static void cancel(Wait wait) {
    if (wait.timer != null) {
      wait.timer.cancel();
      wait.timer = null;
    }
  }

  /** Whether a gang has waited too long. */
  boolean overdue(String key) {
    Wait wait = waits.get(key);
    return wait != null && wait.overdue;
  }

  /** A gang of which some pods cannot be bound waits as one does that fits nowhere. */
  void bindingFailed(PodRecord pod, String why) {
    String key = Gangs.keyOf(pod);
    PodGroupRecord group = key.isEmpty() ? null : state.gangs().group(key);
    if (group == null || !group.isGang() || state.gangs().wasWhole(key)) {
      return;
    }
    String message = refused(key, "pod " + pod.key() + " could not be bound: " + why);
    environment
        .executor()
        .execute(
            overdue(key)
                ? () -> timeIsOver(key)
                : () -> groupReporter.waits(key, GroupReporter.UNSCHEDULABLE, message));
  }

  private void timeIsOver(String key) {
    List<PodRecord> waiting;
    List<PodRecord> bound;
    String message;
    synchronized (guard) {
      Wait wait = waits.get(key);
      if (wait == null) {
        return;
      }
      wait.overdue = true;
      arm(key, wait, timeout);
      message = said(key, wait);
      waiting = state.gangs().waiting(key);
      if (waiting.isEmpty()) {
        return; // all are on their way; what fails of it comes back here
      }
      waiting.forEach(pod -> state.room().release(pod.uid(), ""));
      bound = bound(key);
      guard.wake();
    }
    waiting.forEach(pod -> reporter.unschedulable(pod, message, ""));
    groupReporter.waits(key, GroupReporter.TIMED_OUT, message);
    evictor.end(bound, message);
  }

  private List<PodRecord> bound(String key) {
    List<PodRecord> bound = new ArrayList<>();
    for (String uid : state.gangs().placedUids(key)) {
      Placement placement = state.gangs().isBound(key, uid) ? state.cluster().placement(uid) : null;
      if (placement != null && !placement.pod().details().terminating()) {
        bound.add(placement.pod());
      }
    }
    return bound;
  }

  @Override
  public void whole(String key) {
    ended(key);
    environment.executor().execute(() -> groupReporter.scheduled(key));
  }

  @Override
  public void empty(String key) {
    ended(key);
  }

  private void ended(String key) {
    Wait wait = waits.remove(key);
    if (wait != null) {
      cancel(wait);
    }
  }

  /** The group is gone. */
  void forget(String key) {
    ended(key);
    before.remove(key);
  }
}
