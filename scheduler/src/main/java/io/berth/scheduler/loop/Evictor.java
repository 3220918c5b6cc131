package io.berth.scheduler.loop;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.time.Clock;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import io.berth.client.DeleteOptions;
import io.berth.client.PatchType;
import io.berth.scheduler.core.PodRecord;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells pods to leave their node for one of higher priority. Blocks on the API. */
final class Evictor {
  private static final Logger log = LoggerFactory.getLogger(Evictor.class);

  private final ApiClient client;
  private final Clock clock;
  private final Reporter reporter;

  Evictor(ApiClient client, Clock clock, Reporter reporter) {
    this.client = client;
    this.clock = clock;
    this.reporter = reporter;
  }

  /**
   * @return those that could not be told
   */
  List<PodRecord> evict(PodRecord preemptor, String nodeName, List<PodRecord> victims) {
    List<PodRecord> staying = new ArrayList<>();
    String message =
        preemptor.details().schedulerName() + ": preempting to accommodate a higher priority pod";
    for (PodRecord victim : victims) {
      try {
        if (evict(victim, "PreemptionByScheduler", message)) {
          reporter.preempted(victim, preemptor, nodeName);
        }
      } catch (ApiException | ApiUnavailableException e) {
        log.warn("preemption failed pod={} by={} error={}", victim, preemptor, e.getMessage());
        staying.add(victim);
      }
    }
    return staying;
  }

  /** Ends pods of a gang that could not be placed whole in time. */
  void end(List<PodRecord> pods, String message) {
    for (PodRecord pod : pods) {
      try {
        if (evict(pod, "PodGroupTimedOut", message)) {
          reporter.timedOut(pod, message);
        }
      } catch (ApiException | ApiUnavailableException e) {
        // It is tried again when the gang's time is over again.
        log.warn("gang not ended pod={} error={}", pod, e.getMessage());
      }
    }
  }

  /**
   * @return false where the pod is gone, or another has its name
   */
  private boolean evict(PodRecord victim, String reason, String message) {
    try {
      mark(victim, reason, message);
      return client.delete(
          Resources.PODS, victim.namespace(), victim.name(), DeleteOptions.uid(victim.uid()));
    } catch (ApiException e) {
      if (e.isNotFound() || e.isConflict()) {
        return false;
      }
      throw e;
    }
  }

  private void mark(PodRecord victim, String reason, String message) {
    ObjectNode patch = Json.object();
    patch.putObject("metadata").put("uid", victim.uid());
    ObjectNode condition = patch.putObject("status").putArray("conditions").addObject();
    condition.put("type", "DisruptionTarget").put("status", "True");
    condition.put("reason", reason).put("message", message);
    condition.put("lastTransitionTime", clock.now().truncatedTo(ChronoUnit.SECONDS).toString());
    client.patch(
        Resources.PODS,
        victim.namespace(),
        victim.name(),
        "status",
        PatchType.STRATEGIC_MERGE,
        patch);
  }
}
