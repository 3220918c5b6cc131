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
   * @return whether it was written, and so is news
   */
  boolean write(ApiObject pod, String reason, String message) {
    JsonNode now = current(pod);
    boolean wasFalse = now.path("status").asText().equals("False");
    if (wasFalse
        && now.path("reason").asText().equals(reason)
        && now.path("message").asText().equals(message)) {
      return false;
    }
    ObjectNode patch = Json.object();
    ObjectNode condition = patch.putObject("status").putArray("conditions").addObject();
    condition.put("type", TYPE).put("status", "False").put("reason", reason);
    condition.put("message", message);
    if (!wasFalse) {
      condition.put("lastTransitionTime", clock.now().truncatedTo(ChronoUnit.SECONDS).toString());
    }
    client.patch(
        Resources.PODS,
        pod.key().namespace(),
        pod.key().name(),
        "status",
        PatchType.STRATEGIC_MERGE,
        patch);
    return true;
  }

  private static JsonNode current(ApiObject pod) {
    for (JsonNode condition : pod.tree().path("status").path("conditions")) {
      if (condition.path("type").asText().equals(TYPE)) {
        return condition;
      }
    }
    return Json.object();
  }
}
