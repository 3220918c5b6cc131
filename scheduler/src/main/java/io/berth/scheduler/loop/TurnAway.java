package io.berth.scheduler.loop;

import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Diagnosis;
import io.berth.scheduler.explain.Explainer;
import io.berth.scheduler.gang.GangPlacer;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.preempt.Preemption;
import io.berth.scheduler.rules.Rule;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a pod that fits nowhere: it waits for what may help it, room is made for it where
 * that is possible, and it is told. Guarded by the loop; the actions that it returns are to be run
 * without the lock, and block on the API.
 */
final class TurnAway {
  private final LoopGuard guard;
  private final LoopState state;
  private final Evictor evictor;
  private final Reporter reporter;
  private final GroupReporter groupReporter;
  private final SchedulerMetrics metrics;

  TurnAway(
      LoopGuard guard,
      LoopState state,
      Evictor evictor,
      Reporter reporter,
      GroupReporter groupReporter,
      SchedulerMetrics metrics) {
    this.guard = guard;
    this.state = state;
    this.evictor = evictor;
    this.reporter = reporter;
    this.groupReporter = groupReporter;
    this.metrics = metrics;
  }

  /** Why a pod fits nowhere, in short. */
  record Reason(Set<String> rules, Set<ClusterEvent> helpedBy, String message) {}

  /**
   * @param within which nodes count, by index; null for all
   */
  Reason reason(PodRecord pod, @Nullable IntPredicate within) {
    Decider decider = state.deciders().of(pod);
    Diagnosis diagnosis = decider.diagnose(pod);
    Explainer explainer = new Explainer(state.cluster(), decider);
    String message =
        within == null
            ? explainer.shortly(pod)
            : explainer.shortly(pod, within, GangPlacer.OUTSIDE);
    return new Reason(diagnosis.rules(), helpedBy(decider, diagnosis.rules()), message);
  }

  /** The pod waits, for a reason that is not its own. */
  Runnable forReason(PodRecord pod, Reason reason) {
    state.queue().putUnschedulable(pod, reason.rules(), reason.helpedBy());
    metrics.turnedAway();
    return () -> reporter.unschedulable(pod, reason.message(), "");
  }

  /** The pod waits for what something beside it asks for and nobody can do. */
  Runnable notSupported(PodRecord pod, Reason reason) {
    state.queue().putUnschedulable(pod, reason.rules(), reason.helpedBy());
    return () -> reporter.notSupported(pod, reason.message());
  }

  /**
   * The pod waits for the room that is kept for it.
   *
   * @param made the room that is being made for it now; null where that is on its way
   */
  Runnable keeping(PodRecord pod, Reason reason, Preemption.Outcome.@Nullable Nominated made) {
    state.queue().putUnschedulable(pod, reason.rules(), reason.helpedBy());
    metrics.turnedAway();
    String nodeName = state.cluster().nominations().nodeOf(pod.uid());
    return made == null
        ? () -> reporter.unschedulable(pod, reason.message(), nodeName == null ? "" : nodeName)
        : nominated(pod, reason.message(), made);
  }

  /** The pod waits, unless room can be made for it. */
  Runnable alone(PodRecord pod) {
    Decider decider = state.deciders().of(pod);
    Diagnosis diagnosis = decider.diagnose(pod);
    state.queue().putUnschedulable(pod, diagnosis.rules(), helpedBy(decider, diagnosis.rules()));
    metrics.turnedAway();
    if (diagnosis.nodes() == 0) {
      return () -> reporter.unschedulable(pod, diagnosis.message(), "");
    }
    Preemption preemption = state.preemption();
    Preemption.Outcome outcome =
        diagnosis.everywhere().isEmpty()
            ? preemption.attempt(pod, decider.profile(), decider.own(pod))
            : preemption.hopeless(pod, decider.profile());
    return switch (outcome) {
      case Preemption.Outcome.Refused refused -> refused(pod, decider, diagnosis, refused);
      case Preemption.Outcome.Nominated nominated -> nominated(pod, diagnosis.message(), nominated);
    };
  }

  private Runnable refused(
      PodRecord pod, Decider decider, Diagnosis diagnosis, Preemption.Outcome.Refused refused) {
    String nominated = state.cluster().nominations().nodeOf(pod.uid());
    String remedy = nominated == null ? new Explainer(state.cluster(), decider).remedy(pod) : "";
    String message = diagnosis.message() + " preemption: " + refused.message() + remedy;
    return () -> reporter.unschedulable(pod, message, nominated == null ? "" : nominated);
  }

  private Runnable nominated(
      PodRecord pod, String message, Preemption.Outcome.Nominated nominated) {
    guard.began();
    metrics.preempting(nominated.victims().size());
    nominated.displaced().forEach(other -> state.queue().roomMade(other.uid()));
    Set<String> groups = new TreeSet<>();
    for (PodRecord victim : nominated.victims()) {
      if (state.gangs().leavingWith(victim).size() > 1) {
        groups.add(Gangs.keyOf(victim));
      }
    }
    String why = "preempting to accommodate pod " + pod.key();
    return () -> {
      groups.forEach(group -> groupReporter.disrupted(group, why));
      preempt(pod, message, nominated);
    };
  }

  private void preempt(PodRecord pod, String message, Preemption.Outcome.Nominated nominated) {
    reporter.unschedulable(pod, message, nominated.nodeName());
    nominated.displaced().forEach(reporter::displaced);
    List<PodRecord> staying = evictor.evict(pod, nominated.nodeName(), nominated.victims());
    synchronized (guard) {
      if (!staying.isEmpty()) {
        state.preemption().failed(pod, nominated.nodeName(), staying);
        state.queue().changed(pod.uid());
      }
      guard.ended();
    }
  }

  private Set<ClusterEvent> helpedBy(Decider decider, Set<String> rejecting) {
    Set<ClusterEvent> events = EnumSet.of(ClusterEvent.NODE_ADDED);
    events.addAll(state.volumes().helpedBy(rejecting));
    for (Rule rule : decider.profile().rules()) {
      if (rejecting.contains(rule.name())) {
        events.addAll(rule.helpedBy());
      }
    }
    return events;
  }
}
