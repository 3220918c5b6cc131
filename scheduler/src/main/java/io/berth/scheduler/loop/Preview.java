package io.berth.scheduler.loop;

import io.berth.api.object.ApiObject;
import io.berth.scheduler.core.Obstacles;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.explain.Explainer;
import io.berth.scheduler.gang.GangForecast;
import io.berth.scheduler.gang.GangPlacer;
import io.berth.scheduler.preempt.Preemption;
import io.berth.scheduler.reader.PodReader;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says where a pod would go that nobody has created. Safe for use by many threads. */
final class Preview {
  private final LoopGuard guard;
  private final LoopState state;
  private final PodReader reader;
  private final GangForecast gangs;

  Preview(LoopGuard guard, LoopState state, PodReader reader) {
    this.guard = guard;
    this.state = state;
    this.reader = reader;
    GangPlacer placer = new GangPlacer(state.cluster(), state.deciders()::of, state.volumes());
    gangs = new GangForecast(state.gangs(), placer, this::explainer);
  }

  private Explainer explainer(PodRecord pod) {
    return new Explainer(state.cluster(), state.deciders().of(pod));
  }

  /**
   * @return null where the pod is none of this scheduler's, or the cluster is not known yet
   */
  @Nullable String of(ApiObject pod) {
    PodRecord read = reader.read(pod);
    Obstacles obstacles = read.details().obstacles();
    synchronized (guard) {
      Decider decider = state.deciders().named(read.details().schedulerName());
      if (!guard.started() || decider == null || !read.nodeName().isEmpty()) {
        return null;
      }
      return obstacles.none()
          ? of(state.gangs().ranked(read), decider)
          : "would wait: " + obstacles.message();
    }
  }

  private String of(PodRecord pod, Decider decider) {
    GangForecast.Outlook outlook = gangs.of(pod);
    if (outlook != null) {
      return outlook.nodeName().isEmpty()
          ? "would wait: " + outlook.why()
          : "would go to node " + outlook.nodeName() + " with its pod group, as things are";
    }
    Decider.Spot spot = decider.look(pod);
    if (spot != null) {
      return "would go to node " + spot.node().name() + " as things are";
    }
    Preemption.Outcome.Nominated room = room(pod, decider);
    return room == null
        ? "would wait for a node: " + explainer(pod).shortly(pod)
        : "would go to node "
            + room.nodeName()
            + " once pods of lower priority have left it: "
            + room.victims().stream().map(PodRecord::key).collect(Collectors.joining(", "));
  }

  private Preemption.Outcome.@Nullable Nominated room(PodRecord pod, Decider decider) {
    if (!decider.diagnose(pod).everywhere().isEmpty()) {
      return null;
    }
    Preemption preemption = state.preemption();
    Preemption.Outcome outcome = preemption.attempt(pod, decider.profile(), decider.own(pod));
    if (outcome instanceof Preemption.Outcome.Nominated room) {
      preemption.undo(pod, room);
      return room;
    }
    return null;
  }
}
