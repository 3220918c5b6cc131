package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Events and leases. */
final class EventRules {
  /** Where events about objects without a namespace may stand. */
  private static final List<String> CLUSTER_EVENTS = List.of("", "default", "kube-system");

  private EventRules() {}

  static void event(JsonNode event, Report report) {
    String involved = event.path("involvedObject").path("namespace").asText("");
    String own = event.path("metadata").path("namespace").asText("");
    boolean fits = involved.isEmpty() ? CLUSTER_EVENTS.contains(own) : own.equals(involved);
    if (!fits) {
      report.invalid("involvedObject.namespace", involved, "does not match event.namespace");
    }
    if (event.hasNonNull("eventTime")) {
      report.text(event, "", "reportingComponent");
      report.oneOf(event, "", "type", List.of("Normal", "Warning"));
    }
  }

  static void lease(JsonNode spec, Report report) {
    report.range(spec, "spec", "leaseDurationSeconds", 1, Integer.MAX_VALUE, Report.POSITIVE);
    report.notNegative(spec, "spec", "leaseTransitions");
    report.oneOf(spec, "spec", "strategy", List.of("OldestEmulationVersion"));
  }
}
