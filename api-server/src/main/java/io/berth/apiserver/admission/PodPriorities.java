package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import java.util.Map;

/**
 * Turns a new pod's priority class into a number. The two classes that every cluster has are known;
 * a pod without one has priority 0.
 */
public final class PodPriorities implements AdmissionStep {
  private static final Map<String, Integer> CLASSES =
      Map.of("system-cluster-critical", 2_000_000_000, "system-node-critical", 2_000_001_000);

  @Override
  public void admit(AdmissionRequest request) {
    ObjectNode spec = NewPods.spec(request);
    if (spec == null) {
      return;
    }
    String name = spec.path("priorityClassName").asText("");
    Integer priority = name.isEmpty() ? Integer.valueOf(0) : CLASSES.get(name);
    if (priority == null) {
      throw Errors.forbidden(
          request.key().resource(),
          request.key().name(),
          "no PriorityClass with name " + name + " was found");
    }
    JsonNode given = spec.path("priority");
    if (given.isNumber() && given.asInt() != priority) {
      throw Errors.forbidden(
          request.key().resource(),
          request.key().name(),
          "the integer value of priority ("
              + given.asInt()
              + ") must not be provided in pod spec; priority admission controller computed "
              + priority
              + " from the given PriorityClass name");
    }
    spec.put("priority", priority);
    if (!spec.hasNonNull("preemptionPolicy")) {
      spec.put("preemptionPolicy", "PreemptLowerPriority");
    }
  }
}
