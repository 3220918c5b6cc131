package io.berth.scheduler.loop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Clock;
import io.berth.client.ApiClient;
import io.berth.client.PatchType;
import java.time.temporal.ChronoUnit;

/**
 * Writes {@code PodScheduled=False} with its reason on pods that wait, where it does not stand
 * there already.
 */
final class PodCondition {
  private static final String TYPE = "PodScheduled";

  private final ApiClient client;
  private final Clock clock;

  PodCondition(ApiClient client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  /**
   * @param nominatedNode where room is being made for the pod, or empty
   * @return whether the condition is news
   */
  boolean write(ApiObject pod, String reason, String message, String nominatedNode) {
    JsonNode wasStatus = pod.treeWithoutOwners().path("status");
    JsonNode now = current(wasStatus);
    boolean wasFalse = now.path("status").asText().equals("False");
    boolean same =
        wasFalse
            && now.path("reason").asText().equals(reason)
            && now.path("message").asText().equals(message);
    String wasNominated = wasStatus.path("nominatedNodeName").asText("");
    if (same && wasNominated.equals(nominatedNode)) {
      return false;
    }
    ObjectNode patch = Json.object();
    ObjectNode status = patch.putObject("status");
    if (!wasNominated.equals(nominatedNode)) {
      status.put("nominatedNodeName", nominatedNode.isEmpty() ? null : nominatedNode);
    }
    ObjectNode condition = status.putArray("conditions").addObject();
    condition.put("type", TYPE).put("status", "False").put("reason", reason);
    condition.put("message", message);
    if (!wasFalse) {
      condition.put("lastTransitionTime", clock.now().truncatedTo(ChronoUnit.SECONDS).toString());
    }
    patch(pod, patch);
    return !same;
  }

  /** Room is no longer being made for the pod. */
  void clearNomination(ApiObject pod) {
    ObjectNode patch = Json.object();
    patch.putObject("status").putNull("nominatedNodeName");
    patch(pod, patch);
  }

  private void patch(ApiObject pod, ObjectNode patch) {
    client.patch(
        Resources.PODS,
        pod.key().namespace(),
        pod.key().name(),
        "status",
        PatchType.STRATEGIC_MERGE,
        patch);
  }

  private static JsonNode current(JsonNode status) {
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText().equals(TYPE)) {
        return condition;
      }
    }
    return Json.object();
  }
}
