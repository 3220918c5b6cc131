package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Writes into a pod's selectors what its {@code matchLabelKeys} and {@code mismatchLabelKeys}
 * demand by its own labels, as Kubernetes does when a pod is created: whoever reads a pod later
 * needs only its selectors, and a label that changes afterwards changes nothing.
 */
final class LabelKeys {
  private static final List<String> KINDS = List.of("podAffinity", "podAntiAffinity");

  private LabelKeys() {}

  static void merge(ObjectNode pod) {
    JsonNode labels = pod.path("metadata").path("labels");
    JsonNode spec = pod.path("spec");
    for (String kind : KINDS) {
      JsonNode affinity = spec.path("affinity").path(kind);
      for (JsonNode term : affinity.path("requiredDuringSchedulingIgnoredDuringExecution")) {
        merge(term, labels);
      }
      for (JsonNode wish : affinity.path("preferredDuringSchedulingIgnoredDuringExecution")) {
        merge(wish.path("podAffinityTerm"), labels);
      }
    }
    for (JsonNode constraint : spec.path("topologySpreadConstraints")) {
      merge(constraint, labels);
    }
  }

  private static void merge(JsonNode term, JsonNode labels) {
    if (term.path("labelSelector") instanceof ObjectNode selector) {
      add(selector, term.path("matchLabelKeys"), "In", labels);
      add(selector, term.path("mismatchLabelKeys"), "NotIn", labels);
    }
  }

  /** A key that the pod has no label of demands nothing. */
  private static void add(ObjectNode selector, JsonNode keys, String operator, JsonNode labels) {
    for (JsonNode key : keys) {
      JsonNode value = labels.path(key.asText());
      if (value.isTextual()) {
        selector
            .withArray("matchExpressions")
            .addObject()
            .put("key", key.asText())
            .put("operator", operator)
            .putArray("values")
            .add(value.asText());
      }
    }
  }
}
