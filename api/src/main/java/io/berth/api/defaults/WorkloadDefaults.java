package io.berth.api.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Defaults of kinds that make pods. */
final class WorkloadDefaults {
  private static final String ROLLING_UPDATE = "RollingUpdate";
  private static final String QUARTER = "25%";

  private WorkloadDefaults() {}

  static void deployment(ObjectNode deployment) {
    ObjectNode spec = Unset.object(deployment, "spec");
    Unset.number(spec, "replicas", 1);
    ObjectNode strategy = Unset.object(spec, "strategy");
    Unset.text(strategy, "type", ROLLING_UPDATE);
    if (strategy.path("type").asText().equals(ROLLING_UPDATE)) {
      ObjectNode rolling = Unset.object(strategy, "rollingUpdate");
      for (String field : new String[] {"maxUnavailable", "maxSurge"}) {
        if (Unset.unset(rolling, field)) {
          rolling.put(field, QUARTER);
        }
      }
    }
    Unset.number(spec, "revisionHistoryLimit", 10);
    Unset.number(spec, "progressDeadlineSeconds", 600);
    template(Unset.object(spec, "template"));
    Unset.object(deployment, "status");
  }

  static void replicaSet(ObjectNode replicaSet) {
    ObjectNode spec = Unset.object(replicaSet, "spec");
    Unset.number(spec, "replicas", 1);
    template(Unset.object(spec, "template"));
    ObjectNode status = Unset.object(replicaSet, "status");
    Unset.number(status, "replicas", 0);
  }

  static void template(ObjectNode template) {
    Unset.object(template, "metadata");
    PodDefaults.spec(Unset.object(template, "spec"));
  }
}
