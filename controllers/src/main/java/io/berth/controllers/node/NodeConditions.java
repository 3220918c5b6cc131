package io.berth.controllers.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Times;
import io.berth.controllers.object.Reading;
import java.time.Instant;
import java.util.List;

/** What a lost node's conditions become, and which taints conditions call for. */
final class NodeConditions {
  /** A taint that a condition calls for, without its effect. */
  private record Cause(String type, String status, String taint) {}

  static final String NOT_READY = "node.kubernetes.io/not-ready";
  static final String UNREACHABLE = "node.kubernetes.io/unreachable";
  private static final String UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
  private static final List<String> KUBELETS =
      List.of("Ready", "MemoryPressure", "DiskPressure", "PIDPressure");

  private static final List<Cause> CAUSES =
      List.of(
          new Cause("Ready", "False", NOT_READY),
          new Cause("Ready", "Unknown", UNREACHABLE),
          new Cause("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
          new Cause("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
          new Cause("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
          new Cause("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"));

  private NodeConditions() {}

  static String ready(JsonNode node) {
    return Reading.condition(node.path("status").path("conditions"), "Ready")
        .path("status")
        .asText();
  }

  /** What changes only when the node's agent reports: not when this controller judges it. */
  static String heartbeat(JsonNode node) {
    return Reading.condition(node.path("status").path("conditions"), "Ready")
        .path("lastHeartbeatTime")
        .asText();
  }

  /** The conditions of a node that is lost: what its agent would say is unknown. */
  static ArrayNode lost(JsonNode conditions, Instant now) {
    ArrayNode result = Json.object().arrayNode();
    for (JsonNode condition : conditions) {
      boolean agents = KUBELETS.contains(condition.path("type").asText());
      boolean known = !condition.path("status").asText().equals("Unknown");
      result.add(agents && known ? unknown(condition.deepCopy(), now) : condition);
    }
    for (String type : KUBELETS) {
      if (Reading.condition(conditions, type).isMissingNode()) {
        result.add(
            Json.object()
                .put("type", type)
                .put("status", "Unknown")
                .put("reason", "NodeStatusNeverUpdated")
                .put("message", "Kubelet never posted node status.")
                .put("lastTransitionTime", Times.seconds(now)));
      }
    }
    return result;
  }

  private static ObjectNode unknown(ObjectNode condition, Instant now) {
    return condition
        .put("status", "Unknown")
        .put("reason", "NodeStatusUnknown")
        .put("message", "Kubelet stopped posting node status.")
        .put("lastTransitionTime", Times.seconds(now));
  }

  /**
   * The taints that the node's conditions call for, beside those that others have set. What stays
   * keeps its place and its time.
   */
  static ArrayNode taints(JsonNode node, Instant now) {
    ArrayNode wanted = wanted(node);
    ArrayNode result = Json.object().arrayNode();
    for (JsonNode taint : node.path("spec").path("taints")) {
      if (!ours(taint) || find(wanted, taint)) {
        result.add(taint);
      }
    }
    for (JsonNode taint : wanted) {
      if (!find(result, taint)) {
        result.add(((ObjectNode) taint).put("timeAdded", Times.seconds(now)));
      }
    }
    return result;
  }

  private static ArrayNode wanted(JsonNode node) {
    ArrayNode wanted = Json.object().arrayNode();
    JsonNode conditions = node.path("status").path("conditions");
    if (node.path("spec").path("unschedulable").asBoolean()) {
      wanted.add(taint(UNSCHEDULABLE, "NoSchedule"));
    }
    for (Cause cause : CAUSES) {
      String status = Reading.condition(conditions, cause.type()).path("status").asText();
      if (status.equals(cause.status())) {
        wanted.add(taint(cause.taint(), "NoSchedule"));
        if (cause.type().equals("Ready")) {
          wanted.add(taint(cause.taint(), "NoExecute"));
        }
      }
    }
    return wanted;
  }

  private static ObjectNode taint(String key, String effect) {
    return Json.object().put("key", key).put("effect", effect);
  }

  private static boolean ours(JsonNode taint) {
    String key = taint.path("key").asText();
    boolean noSchedule = taint.path("effect").asText().equals("NoSchedule");
    boolean noExecute = taint.path("effect").asText().equals("NoExecute");
    if (key.equals(NOT_READY) || key.equals(UNREACHABLE)) {
      return noSchedule || noExecute;
    }
    boolean known = CAUSES.stream().anyMatch(cause -> cause.taint().equals(key));
    return noSchedule && (known || key.equals(UNSCHEDULABLE));
  }

  private static boolean find(ArrayNode taints, JsonNode taint) {
    for (JsonNode other : taints) {
      if (other.path("key").equals(taint.path("key"))
          && other.path("effect").equals(taint.path("effect"))) {
        return true;
      }
    }
    return false;
  }
}
