package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Nodes and classes of runtimes. */
final class NodeRules {
  private static final List<String> EFFECTS =
      List.of("NoExecute", "NoSchedule", "PreferNoSchedule");

  private NodeRules() {}

  static void node(JsonNode node, Report report) {
    Set<String> seen = new HashSet<>();
    Report.each(
        node.path("spec").path("taints"),
        "spec.taints",
        (taint, at) -> {
          report.text(taint, at, "key", Names::qualifiedName);
          report.optional(taint, at, "value", Names::labelValue);
          if (report.text(taint, at, "effect") != null) {
            report.oneOf(taint, at, "effect", EFFECTS);
          }
          if (!seen.add(taint.path("key").asText() + ":" + taint.path("effect").asText())) {
            report.add(
                new FieldError(
                    at,
                    FieldError.Type.DUPLICATE,
                    taint.toString(),
                    "taints must be unique by key and effect pair"));
          }
        });
    JsonNode status = node.path("status");
    ResourceRules.capacity(status.path("capacity"), "status.capacity", report);
    ResourceRules.capacity(status.path("allocatable"), "status.allocatable", report);
  }

  static void runtimeClass(JsonNode runtimeClass, Report report) {
    String handler = runtimeClass.path("handler").asText("");
    report.invalid("handler", handler, Names.dns1123Label(handler));
    ResourceRules.overhead(
        runtimeClass.path("overhead").path("podFixed"), "overhead.podFixed", report);
    JsonNode scheduling = runtimeClass.path("scheduling");
    MetadataRules.labels(scheduling.path("nodeSelector"), "scheduling.nodeSelector", report);
    Report.each(
        scheduling.path("tolerations"),
        "scheduling.tolerations",
        (toleration, at) -> SchedulingRules.toleration(toleration, at, report));
  }
}
