package io.berth.scheduler.loop;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the fields of a pod that a scheduler must act on and this one cannot yet, so that it can
 * say so.
 */
final class Unsupported {
  private Unsupported() {}

  /** Paths of demands: placing the pod without them would break a promise. */
  static List<String> demands(JsonNode spec) {
    List<String> paths = new ArrayList<>();
    for (String kind : List.of("podAffinity", "podAntiAffinity")) {
      String field = "requiredDuringSchedulingIgnoredDuringExecution";
      if (!spec.path("affinity").path(kind).path(field).isEmpty()) {
        paths.add("spec.affinity." + kind + "." + field);
      }
    }
    spread(spec, "DoNotSchedule", paths);
    JsonNode volumes = spec.path("volumes");
    for (int i = 0; i < volumes.size(); i++) {
      for (String source : List.of("persistentVolumeClaim", "ephemeral")) {
        if (volumes.get(i).has(source)) {
          paths.add("spec.volumes[" + i + "]." + source);
        }
      }
    }
    if (!spec.path("resourceClaims").isEmpty()) {
      paths.add("spec.resourceClaims");
    }
    return paths;
  }

  /** Paths of wishes: the pod can be placed without them. */
  static List<String> wishes(JsonNode spec) {
    List<String> paths = new ArrayList<>();
    for (String kind : List.of("podAffinity", "podAntiAffinity")) {
      String field = "preferredDuringSchedulingIgnoredDuringExecution";
      if (!spec.path("affinity").path(kind).path(field).isEmpty()) {
        paths.add("spec.affinity." + kind + "." + field);
      }
    }
    spread(spec, "ScheduleAnyway", paths);
    return paths;
  }

  private static void spread(JsonNode spec, String whenUnsatisfiable, List<String> paths) {
    JsonNode constraints = spec.path("topologySpreadConstraints");
    for (int i = 0; i < constraints.size(); i++) {
      if (constraints.get(i).path("whenUnsatisfiable").asText().equals(whenUnsatisfiable)) {
        paths.add("spec.topologySpreadConstraints[" + i + "]");
      }
    }
  }
}
