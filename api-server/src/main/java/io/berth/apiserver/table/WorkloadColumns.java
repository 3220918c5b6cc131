package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.integer;
import static io.berth.apiserver.table.Cells.ofContainers;
import static io.berth.apiserver.table.Cells.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;

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
  static final Column SELECTOR =
      Column.text(
              "Selector",
              "Which pods are its own.",
              o -> Cells.labelSelector(Cells.at(o, "spec", "selector")))
          .wide();

  private WorkloadColumns() {}

  /** Names and images of the template's containers, shown by {@code -o wide}. */
  static List<Column> templateColumns() {
    return List.of(CONTAINERS, IMAGES);
  }

  static List<Column> replicationControllers() {
    return List.of(
        Column.NAME,
        Column.number("Desired", "Pods that are wanted.", o -> integer(o, "spec", "replicas")),
        Column.number("Current", "Pods that exist.", o -> integer(o, "status", "replicas")),
        Column.number("Ready", "Pods that are ready.", o -> integer(o, "status", "readyReplicas")),
        Column.AGE,
        CONTAINERS,
        IMAGES,
        Column.text(
                "Selector",
                "Which pods are its own.",
                o -> Cells.orNone(Cells.pairs(Cells.at(o, "spec", "selector"))))
            .wide());
  }

  static List<Column> statefulSets() {
    return List.of(
        Column.NAME,
        Column.text(
            "Ready",
            "Pods that are ready, of those wanted.",
            o -> integer(o, "status", "readyReplicas") + "/" + integer(o, "spec", "replicas")),
        Column.AGE,
        CONTAINERS,
        IMAGES);
  }

  static List<Column> daemonSets() {
    return List.of(
        Column.NAME,
        status("Desired", "Nodes that should run it.", "desiredNumberScheduled"),
        status("Current", "Nodes that have a pod of it.", "currentNumberScheduled"),
        status("Ready", "Nodes where that is ready.", "numberReady"),
        status("Up-to-date", "Nodes with the newest template.", "updatedNumberScheduled"),
        status("Available", "Nodes where it serves.", "numberAvailable"),
        Column.text(
            "Node Selector",
            "Which nodes it is for.",
            o ->
                Cells.orNone(Cells.pairs(Cells.at(o, "spec", "template", "spec", "nodeSelector")))),
        Column.AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR);
  }

  private static Column status(String name, String description, String field) {
    return Column.number(name, description, o -> integer(o, "status", field));
  }

  static List<Column> revisions() {
    return List.of(
        Column.NAME,
        Column.text("Controller", "Whose revision it is.", WorkloadColumns::controller),
        Column.count("Revision", "Its number.", o -> integer(o, "revision")),
        Column.AGE);
  }

  private static String controller(JsonNode revision) {
    for (JsonNode owner : revision.path("metadata").path("ownerReferences")) {
      if (owner.path("controller").asBoolean()) {
        String version = text(owner, "apiVersion");
        int slash = version.indexOf('/');
        String group = slash < 0 ? "" : "." + version.substring(0, slash);
        String kind = text(owner, "kind").toLowerCase(Locale.ROOT);
        return kind + group + "/" + text(owner, "name");
      }
    }
    return Cells.NONE;
  }

  static List<Column> podTemplates() {
    return List.of(
        Column.NAME,
        Column.text(
            "Containers",
            "Names of its containers.",
            o -> ofContainers(o.path("template"), "name")),
        Column.text(
            "Images", "Images of its containers.", o -> ofContainers(o.path("template"), "image")),
        Column.text(
            "Pod Labels",
            "Labels of its pods.",
            o -> Cells.orNone(Cells.pairs(Cells.at(o, "template", "metadata", "labels")))));
  }

  static List<Column> deployments() {
    return List.of(
        Column.NAME,
        Column.text(
            "Ready",
            "Pods that are ready, of those wanted.",
            o -> integer(o, "status", "readyReplicas") + "/" + integer(o, "spec", "replicas")),
        Column.count(
            "Up-to-date",
            "Pods of the newest template.",
            o -> integer(o, "status", "updatedReplicas")),
        Column.count(
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
