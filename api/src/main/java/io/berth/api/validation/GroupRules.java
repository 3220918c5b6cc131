package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.List;

/** Groups of pods that are placed together, and the workloads that such groups are made for. */
final class GroupRules {
  private static final int MOST_TEMPLATES = 8;
  private static final int MOST_CLAIMS = 4;
  private static final int HIGHEST_PRIORITY = 1_000_000_000;

  private GroupRules() {}

  static void podGroup(JsonNode group, Report report) {
    JsonNode spec = group.path("spec");
    group(spec, "spec", report);
    JsonNode workload = spec.path("podGroupTemplateRef").path("workload");
    if (spec.hasNonNull("podGroupTemplateRef")) {
      String path = "spec.podGroupTemplateRef.workload";
      report.text(workload, path, "workloadName", Names::dns1123Subdomain);
      report.text(workload, path, "podGroupTemplateName", Names::dns1123Label);
    }
  }

  static void workload(JsonNode workload, Report report) {
    JsonNode templates = workload.path("spec").path("podGroupTemplates");
    if (templates.isEmpty()) {
      report.add(FieldError.required("spec.podGroupTemplates", ""));
    }
    if (templates.size() > MOST_TEMPLATES) {
      report.add(FieldError.tooMany("spec.podGroupTemplates", templates.size(), MOST_TEMPLATES));
    }
    Report.each(
        templates,
        "spec.podGroupTemplates",
        (template, at) -> {
          report.text(template, at, "name", Names::dns1123Label);
          group(template, at, report);
        });
    report.unique(templates, "spec.podGroupTemplates", "name");
    JsonNode controller = workload.path("spec").path("controllerRef");
    if (!controller.isMissingNode()) {
      report.text(controller, "spec.controllerRef", "kind", Names::pathSegment);
      report.text(controller, "spec.controllerRef", "name", Names::pathSegment);
    }
  }

  private static void group(JsonNode spec, String path, Report report) {
    JsonNode policy = spec.path("schedulingPolicy");
    String at = path + ".schedulingPolicy";
    boolean basic = policy.hasNonNull("basic");
    boolean gang = policy.hasNonNull("gang");
    if (basic == gang) {
      String found = basic ? "{basic, gang}" : "";
      report.invalid(at, found, "must specify exactly one of: `basic`, `gang`");
    }
    int least = policy.path("gang").path("minCount").asInt();
    if (gang && least < 1) {
      report.add(
          FieldError.invalidRaw(
              at + ".gang.minCount",
              Integer.toString(least),
              "must be greater than or equal to 1"));
    }
    report.oneOf(spec, path, "disruptionMode", List.of("Pod", "PodGroup"));
    if (spec.path("priority").asInt() > HIGHEST_PRIORITY) {
      report.add(
          FieldError.invalidRaw(
              path + ".priority",
              spec.path("priority").asText(),
              "must be less than or equal to " + HIGHEST_PRIORITY));
    }
    Report.each(
        spec.path("schedulingConstraints").path("topology"),
        path + ".schedulingConstraints.topology",
        (constraint, where) -> report.text(constraint, where, "key", Names::qualifiedName));
    int constraints = spec.path("schedulingConstraints").path("topology").size();
    if (constraints > 1) {
      report.add(FieldError.tooMany(path + ".schedulingConstraints.topology", constraints, 1));
    }
    if (spec.path("resourceClaims").size() > MOST_CLAIMS) {
      int claims = spec.path("resourceClaims").size();
      report.add(FieldError.tooMany(path + ".resourceClaims", claims, MOST_CLAIMS));
    }
  }
}
