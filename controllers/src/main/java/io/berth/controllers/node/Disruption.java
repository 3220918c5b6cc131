package io.berth.controllers.node;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Times;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.DeleteOptions;
import io.berth.controllers.object.PodFacts;
import java.time.Instant;

/** Deletes pods for the cluster's reasons, and says so on them first. */
final class Disruption {
  private final ApiClient client;

  Disruption(ApiClient client) {
    this.client = client;
  }

  /**
   * Sets the condition {@code DisruptionTarget}.
   *
   * @param failed whether the pod also counts as failed, for nobody will report its end
   */
  void mark(PodFacts pod, String reason, String message, boolean failed, Instant now) {
    try {
      client.modify(
          Resources.PODS,
          pod.namespace(),
          pod.name(),
          "status",
          tree -> {
            if (!tree.path("metadata").path("uid").asText().equals(pod.uid())) {
              return;
            }
            ObjectNode status = tree.withObject("/status");
            ArrayNode conditions = status.withArray("conditions");
            if (!marked(conditions, reason)) {
              conditions.add(condition(reason, message, now));
            }
            if (failed && !pod.terminal()) {
              status.put("phase", "Failed");
            }
          });
    } catch (ApiException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }

  /** Whether the condition stands already; one for another reason is taken out. */
  private static boolean marked(ArrayNode conditions, String reason) {
    for (int i = 0; i < conditions.size(); i++) {
      if (conditions.get(i).path("type").asText().equals("DisruptionTarget")) {
        if (conditions.get(i).path("reason").asText().equals(reason)) {
          return true;
        }
        conditions.remove(i);
        return false;
      }
    }
    return false;
  }

  private static ObjectNode condition(String reason, String message, Instant now) {
    return Json.object()
        .put("type", "DisruptionTarget")
        .put("status", "True")
        .put("lastTransitionTime", Times.seconds(now))
        .put("reason", reason)
        .put("message", message);
  }

  /** Asks for the pod's orderly end. */
  void delete(PodFacts pod) {
    delete(pod, DeleteOptions.uid(pod.uid()));
  }

  /** Removes the pod at once: nobody is there to end it. */
  void remove(PodFacts pod) {
    delete(pod, DeleteOptions.now(pod.uid()));
  }

  private void delete(PodFacts pod, DeleteOptions options) {
    try {
      client.delete(Resources.PODS, pod.namespace(), pod.name(), options);
    } catch (ApiException e) {
      if (!e.isConflict()) {
        throw e; // otherwise another pod bears the name: this one is gone
      }
    }
  }
}
