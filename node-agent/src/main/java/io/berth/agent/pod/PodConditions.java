package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Times;
import java.util.ArrayList;
import java.util.List;

/** The agent's conditions of a pod; those of other writers are left out. Pure. */
final class PodConditions {
  private final PodStatus status;
  private final String phase;
  private final ArrayNode init;
  private final ArrayNode main;
  private final ArrayNode conditions = Json.mapper().createArrayNode();

  PodConditions(PodStatus status, String phase, ArrayNode init, ArrayNode main) {
    this.status = status;
    this.phase = phase;
    this.init = init;
    this.main = main;
  }

  ArrayNode build() {
    boolean sandbox = !status.podIps().isEmpty();
    add("PodReadyToStartContainers", sandbox, "", "");
    initialized();
    String message = containersReady();
    ready(message);
    return conditions;
  }

  private void initialized() {
    List<String> incomplete = new ArrayList<>();
    for (ContainerDef def : status.pod().init()) {
      if (!status.initialized(def)) {
        incomplete.add(def.name());
      }
    }
    if (incomplete.isEmpty()) {
      add("Initialized", true, phase.equals("Succeeded") ? "PodCompleted" : "", "");
    } else {
      String message = "containers with incomplete status: " + list(incomplete);
      add("Initialized", false, "ContainersNotInitialized", message);
    }
  }

  /** Why not, or empty. */
  private String containersReady() {
    List<String> unready = new ArrayList<>();
    for (int i = 0; i < init.size(); i++) {
      if (status.pod().init().get(i).sidecar() && !init.get(i).path("ready").asBoolean()) {
        unready.add(init.get(i).path("name").asText());
      }
    }
    for (JsonNode container : main) {
      if (!container.path("ready").asBoolean()) {
        unready.add(container.path("name").asText());
      }
    }
    String reason = end();
    String message = "";
    if (reason.isEmpty() && !unready.isEmpty()) {
      reason = "ContainersNotReady";
      message = "containers with unready status: " + list(unready);
    }
    add("ContainersReady", reason.isEmpty(), reason, message);
    return reason.isEmpty() ? "" : reason + "\n" + message;
  }

  private String end() {
    return switch (phase) {
      case "Succeeded" -> "PodCompleted";
      case "Failed" -> "PodFailed";
      default -> "";
    };
  }

  private void ready(String containersNot) {
    if (!containersNot.isEmpty()) {
      String[] parts = containersNot.split("\n", 2);
      add("Ready", false, parts[0], parts[1]);
      return;
    }
    List<String> missing = new ArrayList<>();
    for (JsonNode gate : status.pod().spec().path("readinessGates")) {
      String type = gate.path("conditionType").asText();
      if (!old(status.pod().status(), type).path("status").asText().equals("True")) {
        missing.add(
            "corresponding condition of pod readiness gate \""
                + type
                + "\" does not exist"
                + " or is not \"True\".");
      }
    }
    add(
        "Ready",
        missing.isEmpty(),
        missing.isEmpty() ? "" : "ReadinessGatesNotReady",
        String.join(", ", missing));
  }

  private void add(String type, boolean holds, String reason, String message) {
    String value = holds ? "True" : "False";
    JsonNode before = old(status.before(), type);
    ObjectNode condition = conditions.addObject().put("type", type).put("status", value);
    condition.putNull("lastProbeTime");
    boolean same = before.path("status").asText().equals(value);
    condition.put(
        "lastTransitionTime",
        same ? before.path("lastTransitionTime").asText() : Times.seconds(status.now()));
    if (!reason.isEmpty()) {
      condition.put("reason", reason);
    }
    if (!message.isEmpty()) {
      condition.put("message", message);
    }
  }

  private static JsonNode old(JsonNode status, String type) {
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return Json.object();
  }

  private static String list(List<String> names) {
    return "[" + String.join(" ", names) + "]";
  }
}
