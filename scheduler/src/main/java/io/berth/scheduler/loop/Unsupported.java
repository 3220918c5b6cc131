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
    if (!spec.path("resourceClaims").isEmpty()) {
      paths.add("spec.resourceClaims");
    }
    return paths;
  }
}
