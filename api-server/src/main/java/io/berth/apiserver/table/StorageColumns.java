package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The columns of volumes, claims, and their classes and drivers. */
final class StorageColumns {
  private static final Map<String, String> MODES =
      Map.of(
          "ReadWriteOnce", "RWO",
          "ReadOnlyMany", "ROX",
          "ReadWriteMany", "RWX",
          "ReadWriteOncePod", "RWOP");

  /** In which order modes are shown, whatever order they were given in. */
  private static final List<String> MODE_ORDER =
      List.of("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod");

  private static final String CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";
  private static final List<String> DEFAULT_ANNOTATIONS =
      List.of(
          "storageclass.kubernetes.io/is-default-class",
          "storageclass.beta.kubernetes.io/is-default-class");

  private static final Column ATTRIBUTES =
      Column.text(
          "VolumeAttributesClass",
          "The class of its attributes.",
          o -> unset(text(o, "spec", "volumeAttributesClassName")));
  private static final Column MODE =
      Column.text("VolumeMode", "Filesystem or block.", o -> unset(text(o, "spec", "volumeMode")))
          .wide();

  private StorageColumns() {}

  static List<Column> volumes() {
    return List.of(
        Column.NAME,
        Column.text("Capacity", "How large it is.", o -> text(o, "spec", "capacity", "storage")),
        Column.text("Access Modes", "How it is mounted.", o -> modes(o.path("spec"))),
        Column.text(
            "Reclaim Policy",
            "What becomes of it without a claim.",
            o -> text(o, "spec", "persistentVolumeReclaimPolicy")),
        Column.text("Status", "Its phase.", StorageColumns::phase),
        Column.text("Claim", "The claim that it is bound to.", StorageColumns::claim),
        Column.text("StorageClass", "Its class.", StorageColumns::storageClass),
        ATTRIBUTES,
        Column.text("Reason", "Why it is in this phase.", o -> text(o, "status", "reason")),
        Column.AGE,
        MODE);
  }

  static List<Column> claims() {
    return List.of(
        Column.NAME,
        Column.text("Status", "Its phase.", StorageColumns::phase),
        Column.text("Volume", "The volume it is bound to.", o -> text(o, "spec", "volumeName")),
        Column.text(
            "Capacity",
            "How large that is.",
            o -> bound(o) ? text(o, "status", "capacity", "storage") : ""),
        Column.text(
            "Access Modes", "How that is mounted.", o -> bound(o) ? modes(o.path("status")) : ""),
        Column.text("StorageClass", "Its class.", StorageColumns::storageClass),
        ATTRIBUTES,
        Column.AGE,
        MODE);
  }

  static List<Column> storageClasses() {
    return List.of(
        new Column(
            "Name",
            "string",
            "name",
            Column.NAME.description(),
            0,
            (o, now) -> Cells.node(named(o))),
        Column.text("Provisioner", "Who makes its volumes.", o -> text(o, "provisioner")),
        Column.text("ReclaimPolicy", "What becomes of them.", o -> text(o, "reclaimPolicy")),
        Column.text("VolumeBindingMode", "When they are bound.", o -> text(o, "volumeBindingMode")),
        Column.flag("AllowVolumeExpansion", "Whether they grow.", "allowVolumeExpansion").asText(),
        Column.AGE);
  }

  static List<Column> attributesClasses() {
    return List.of(
        Column.NAME,
        Column.text("DriverName", "Whose attributes they are.", o -> text(o, "driverName")),
        Column.AGE);
  }

  static List<Column> drivers() {
    return List.of(
        Column.NAME,
        Column.flag("AttachRequired", "Whether it attaches.", "spec", "attachRequired"),
        Column.flag("PodInfoOnMount", "Whether it is told the pod.", "spec", "podInfoOnMount"),
        Column.flag("StorageCapacity", "Whether it tells room.", "spec", "storageCapacity"),
        Column.text("TokenRequests", "Tokens it gets.", StorageColumns::tokens),
        Column.flag("RequiresRepublish", "Whether it is asked anew.", "spec", "requiresRepublish"),
        Column.text(
            "Modes",
            "Which volumes it has.",
            o -> Cells.joined(Cells.texts(Cells.at(o, "spec", "volumeLifecycleModes")))),
        Column.AGE);
  }

  static List<Column> nodes() {
    return List.of(
        Column.NAME,
        Column.number("Drivers", "Drivers on it.", o -> o.path("spec").path("drivers").size()),
        Column.AGE);
  }

  static List<Column> capacities() {
    return List.of(
        Column.NAME,
        Column.text("StorageClassName", "Of which class.", o -> text(o, "storageClassName")),
        Column.text("Capacity", "How much there is.", o -> text(o, "capacity")));
  }

  static List<Column> attachments() {
    return List.of(
        Column.NAME,
        Column.text("Attacher", "Who attaches.", o -> text(o, "spec", "attacher")).asName(),
        Column.text(
            "PV", "What is attached.", o -> text(o, "spec", "source", "persistentVolumeName")),
        Column.text("Node", "Where to.", o -> text(o, "spec", "nodeName")),
        Column.flag("Attached", "Whether it is there.", "status", "attached"),
        Column.AGE);
  }

  private static String named(JsonNode storageClass) {
    String name = text(storageClass, "metadata", "name");
    for (String annotation : DEFAULT_ANNOTATIONS) {
      if (text(storageClass, "metadata", "annotations", annotation).equals("true")) {
        return name + " (default)";
      }
    }
    return name;
  }

  private static String tokens(JsonNode driver) {
    List<String> audiences = new ArrayList<>();
    for (JsonNode request : driver.path("spec").path("tokenRequests")) {
      audiences.add(text(request, "audience"));
    }
    return audiences.isEmpty() ? Cells.UNSET : String.join(",", audiences);
  }

  private static String phase(JsonNode object) {
    return object.path("metadata").hasNonNull("deletionTimestamp")
        ? "Terminating"
        : text(object, "status", "phase");
  }

  private static boolean bound(JsonNode claim) {
    return !text(claim, "spec", "volumeName").isEmpty();
  }

  private static String claim(JsonNode volume) {
    JsonNode claim = volume.path("spec").path("claimRef");
    return claim.isObject() ? text(claim, "namespace") + "/" + text(claim, "name") : "";
  }

  private static String storageClass(JsonNode object) {
    String old = text(object, "metadata", "annotations", CLASS_ANNOTATION);
    return old.isEmpty() ? text(object, "spec", "storageClassName") : old;
  }

  private static String modes(JsonNode holder) {
    List<String> given = Cells.texts(holder.path("accessModes"));
    return String.join(",", MODE_ORDER.stream().filter(given::contains).map(MODES::get).toList());
  }

  private static String unset(String text) {
    return text.isEmpty() ? Cells.UNSET : text;
  }
}
