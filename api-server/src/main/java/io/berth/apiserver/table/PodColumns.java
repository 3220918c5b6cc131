package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.orNone;
import static io.berth.apiserver.table.Cells.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;

/** The columns of pods. */
final class PodColumns {
  private PodColumns() {}

  static List<Column> all() {
    return List.of(
        Column.NAME,
        Column.text("Ready", "Containers that are ready, of all.", o -> PodSummary.of(o).ready()),
        Column.text("Status", "What the pod is doing.", o -> PodSummary.of(o).status()),
        Column.timed("Restarts", "How often its containers were restarted.", PodColumns::restarts),
        Column.AGE,
        Column.text("IP", "Address of the pod.", PodColumns::address).wide(),
        Column.text("Node", "Node it is bound to.", o -> orNone(text(o, "spec", "nodeName")))
            .wide(),
        Column.text(
                "Nominated Node",
                "Node where room is being made for it.",
                o -> orNone(text(o, "status", "nominatedNodeName")))
            .wide(),
        Column.text("Readiness Gates", "Gates that are open, of all.", PodColumns::gates).wide());
  }

  private static String restarts(JsonNode pod, Instant now) {
    PodSummary summary = PodSummary.of(pod);
    Instant last = summary.lastRestart();
    return summary.restarts() == 0 || last == null
        ? String.valueOf(summary.restarts())
        : summary.restarts() + " (" + Ages.text(java.time.Duration.between(last, now)) + " ago)";
  }

  private static String address(JsonNode pod) {
    String first = text(pod.path("status").path("podIPs").path(0), "ip");
    return orNone(first.isEmpty() ? text(pod, "status", "podIP") : first);
  }

  private static String gates(JsonNode pod) {
    JsonNode gates = pod.path("spec").path("readinessGates");
    if (gates.isEmpty()) {
      return Cells.NONE;
    }
    int open = 0;
    for (JsonNode gate : gates) {
      if (Cells.condition(pod, text(gate, "conditionType"), "True")) {
        open++;
      }
    }
    return open + "/" + gates.size();
  }
}
