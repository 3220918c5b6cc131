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

  /**
   * @param nominatedNode where room is being made for the pod, or empty
   */
  void unschedulable(PodRecord pod, String message, String nominatedNode) {
    log.info("unschedulable pod={} nominated={} why=\"{}\"", pod, nominatedNode, message);
    known(pod).ifPresent(p -> say(p, "Unschedulable", message, nominatedNode));
  }

  /** Room that was being made for the pod went to one of higher priority. */
  void displaced(PodRecord pod) {
    log.info("nomination cleared pod={}", pod);
    try {
      known(pod).ifPresent(condition::clearNomination);
    } catch (ApiException | ApiUnavailableException e) {
      log.warn("nomination not cleared pod={} error={}", pod, e.getMessage());
    }
  }

  /** A pod is told to leave. */
  void preempted(PodRecord victim, PodRecord preemptor, String nodeName) {
    log.info("preempted pod={} by={} node={}", victim, preemptor, nodeName);
    String message = "Preempted by pod " + preemptor.uid() + " on node " + nodeName;
    known(victim).ifPresent(v -> events.event(v, "Normal", "Preempted", message));
  }

  /** A pod's gang was not placed whole in time: the pod is told to leave its room. */
  void timedOut(PodRecord pod, String message) {
    log.info("gang ended pod={} why=\"{}\"", pod, message);
    known(pod).ifPresent(p -> events.event(p, "Warning", "PodGroupTimedOut", message));
  }

  void bindingFailed(PodRecord pod, String nodeName, String error) {
    log.warn("binding failed pod={} node={} error={}", pod, nodeName, error);
    known(pod).ifPresent(p -> say(p, "SchedulerError", "binding rejected: " + error, ""));
  }

  /**
   * @param demands paths of fields that keep the pod from being placed
   */
  void notSupported(ApiObject pod, List<String> demands) {
    String message = String.join(", ", demands) + ": this scheduler cannot act on it";
    if (write(pod, "NotSupported", message, "")) {
      log.info("not supported pod={} fields={}", pod.key().namespacedName(), demands);
      events.event(pod, "Warning", "NotSupported", message);
    }
  }

  /** Something that is asked for beside the pod, by its group, cannot be done. */
  void notSupported(PodRecord pod, String message) {
    log.info("not supported pod={} why=\"{}\"", pod, message);
    known(pod)
        .filter(p -> write(p, "NotSupported", message, ""))
        .ifPresent(p -> events.event(p, "Warning", "NotSupported", message));
  }

  private void say(ApiObject pod, String reason, String message, String nominatedNode) {
    if (write(pod, reason, message, nominatedNode)) {
      events.event(pod, "Warning", "FailedScheduling", message);
    }
  }

  private boolean write(ApiObject pod, String reason, String message, String nominatedNode) {
    try {
      return condition.write(pod, reason, message, nominatedNode);
    } catch (ApiException | ApiUnavailableException e) {
      log.warn("condition not written pod={} error={}", pod.key().namespacedName(), e.getMessage());
      return true;
    }
  }

  private Optional<ApiObject> known(PodRecord pod) {
    return pods.get(pod.namespace(), pod.name()).filter(p -> p.header().uid().equals(pod.uid()));
  }
}
