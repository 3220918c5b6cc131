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

  static void replicationController(ObjectNode controller) {
    ObjectNode spec = Unset.object(controller, "spec");
    Unset.number(spec, "replicas", 1);
    ObjectNode template = Unset.object(spec, "template");
    labelsOf(template, controller);
    if (spec.path("selector").isEmpty()
        && template.path("metadata").get("labels") instanceof ObjectNode labels) {
      spec.set("selector", labels.deepCopy());
    }
    template(template);
    Unset.number(Unset.object(controller, "status"), "replicas", 0);
  }

  static void statefulSet(ObjectNode statefulSet) {
    ObjectNode spec = Unset.object(statefulSet, "spec");
    Unset.number(spec, "replicas", 1);
    Unset.text(spec, "podManagementPolicy", "OrderedReady");
    ObjectNode strategy = Unset.object(spec, "updateStrategy");
    if (strategy.path("type").asText("").isEmpty()) {
      strategy.put("type", ROLLING_UPDATE);
      Unset.object(strategy, "rollingUpdate");
    }
    if (strategy.path("type").asText().equals(ROLLING_UPDATE)) {
      Unset.within(
          strategy,
          "rollingUpdate",
          rolling -> {
            Unset.number(rolling, "partition", 0);
            Unset.number(rolling, "maxUnavailable", 1);
          });
    }
    ObjectNode retention = Unset.object(spec, "persistentVolumeClaimRetentionPolicy");
    Unset.text(retention, "whenDeleted", "Retain");
    Unset.text(retention, "whenScaled", "Retain");
    Unset.number(spec, "revisionHistoryLimit", 10);
    Unset.each(
        spec,
        "volumeClaimTemplates",
        claim -> {
          Unset.text(claim, "apiVersion", "v1");
          Unset.text(claim, "kind", "PersistentVolumeClaim");
          StorageDefaults.claim(claim);
        });
    template(Unset.object(spec, "template"));
    ObjectNode status = Unset.object(statefulSet, "status");
    Unset.number(status, "replicas", 0);
    Unset.number(status, "availableReplicas", 0);
  }

  static void daemonSet(ObjectNode daemonSet) {
    ObjectNode spec = Unset.object(daemonSet, "spec");
    ObjectNode strategy = Unset.object(spec, "updateStrategy");
    Unset.text(strategy, "type", ROLLING_UPDATE);
    if (strategy.path("type").asText().equals(ROLLING_UPDATE)) {
      ObjectNode rolling = Unset.object(strategy, "rollingUpdate");
      Unset.number(rolling, "maxUnavailable", 1);
      Unset.number(rolling, "maxSurge", 0);
    }
    Unset.number(spec, "revisionHistoryLimit", 10);
    template(Unset.object(spec, "template"));
    ObjectNode status = Unset.object(daemonSet, "status");
    for (String count :
        new String[] {
          "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"
        }) {
      Unset.number(status, count, 0);
    }
  }

  /** An object without labels gets those of its pods. */
  static void labelsOf(ObjectNode template, ObjectNode object) {
    ObjectNode metadata = Unset.object(object, "metadata");
    if (metadata.path("labels").isEmpty()
        && template.path("metadata").get("labels") instanceof ObjectNode labels) {
      metadata.set("labels", labels.deepCopy());
    }
  }

  static void template(ObjectNode template) {
    Unset.object(template, "metadata");
    PodDefaults.spec(Unset.object(template, "spec"));
  }
}
