package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.integer;
import static io.berth.apiserver.table.Cells.ofContainers;

import java.util.List;

/** The columns of the kinds that keep pods running. */
final class WorkloadColumns {
  private static final Column CONTAINERS =
      Column.text(
              "Containers",
              "Names of the template's containers.",
              o -> ofContainers(Cells.at(o, "spec", "template"), "name"))
          .wide();
  private static final Column IMAGES =
      Column.text(
              "Images",
              "Images of the template's containers.",
              o -> ofContainers(Cells.at(o, "spec", "template"), "image"))
          .wide();
  private static final Column SELECTOR =
      Column.text(
              "Selector",
              "Which pods are its own.",
              o -> Cells.labelSelector(Cells.at(o, "spec", "selector")))
          .wide();

  private WorkloadColumns() {}

  static List<Column> deployments() {
    return List.of(
        Column.NAME,
        Column.text(
            "Ready",
            "Pods that are ready, of those wanted.",
            o -> integer(o, "status", "readyReplicas") + "/" + integer(o, "spec", "replicas")),
        Column.number(
            "Up-to-date",
            "Pods of the newest template.",
            o -> integer(o, "status", "updatedReplicas")),
        Column.number(
            "Available", "Pods that serve.", o -> integer(o, "status", "availableReplicas")),
        Column.AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR);
  }

  static List<Column> replicaSets() {
    return List.of(
        Column.NAME,
        Column.number("Desired", "Pods that are wanted.", o -> integer(o, "spec", "replicas")),
        Column.number("Current", "Pods that exist.", o -> integer(o, "status", "replicas")),
        Column.number("Ready", "Pods that are ready.", o -> integer(o, "status", "readyReplicas")),
        Column.AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR);
  }
}
