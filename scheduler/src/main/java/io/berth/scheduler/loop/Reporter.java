package io.berth.scheduler.loop;

import io.berth.api.object.ApiObject;
import io.berth.api.time.Clock;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import io.berth.client.EventRecorder;
import io.berth.client.Informer;
import io.berth.scheduler.core.PodRecord;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says on the pod, in its events and in the log what became of it. Blocks on the API; failures are
 * logged and dropped.
 */
final class Reporter {
  private static final Logger log = LoggerFactory.getLogger(Reporter.class);

  private final Informer pods;
  private final PodCondition condition;
  private final EventRecorder events;

  Reporter(ApiClient client, Informer pods, Clock clock, EventRecorder events) {
    this.pods = pods;
    this.condition = new PodCondition(client, clock);
    this.events = events;
  }

  void bound(PodRecord pod, String nodeName) {
    log.info("bound pod={} node={}", pod, nodeName);
    String message = "Successfully assigned " + pod.key() + " to " + nodeName;
    known(pod).ifPresent(p -> events.event(p, "Normal", "Scheduled", message));
  }

  void unschedulable(PodRecord pod, String message) {
    log.info("unschedulable pod={} why=\"{}\"", pod, message);
    known(pod).ifPresent(p -> say(p, "Unschedulable", message));
  }

  void bindingFailed(PodRecord pod, String nodeName, String error) {
    log.warn("binding failed pod={} node={} error={}", pod, nodeName, error);
    known(pod).ifPresent(p -> say(p, "SchedulerError", "binding rejected: " + error));
  }

  void notSupported(ApiObject pod, PodEvents.Effect effect) {
    List<String> demands = effect.notSupported();
    if (!demands.isEmpty()) {
      String message = String.join(", ", demands) + ": this scheduler cannot act on it";
      log.info("not supported pod={} fields={}", pod.key().namespacedName(), demands);
      write(pod, "NotSupported", message);
      events.event(pod, "Warning", "NotSupported", message);
    }
  }

  private void say(ApiObject pod, String reason, String message) {
    if (write(pod, reason, message)) {
      events.event(pod, "Warning", "FailedScheduling", message);
    }
  }

  private boolean write(ApiObject pod, String reason, String message) {
    try {
      return condition.write(pod, reason, message);
    } catch (ApiException | ApiUnavailableException e) {
      log.warn("condition not written pod={} error={}", pod.key().namespacedName(), e.getMessage());
      return true;
    }
  }

  private Optional<ApiObject> known(PodRecord pod) {
    return pods.get(pod.namespace(), pod.name()).filter(p -> p.header().uid().equals(pod.uid()));
  }
}
