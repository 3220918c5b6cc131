package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The columns of nodes. */
final class NodeColumns {
  private static final String ROLE_PREFIX = "node-role.kubernetes.io/";
  private static final String ROLE = "kubernetes.io/role";

  private NodeColumns() {}

  static List<Column> all() {
    return List.of(
        Column.NAME,
        Column.text("Status", "Whether it is ready and may take pods.", NodeColumns::status),
        Column.text("Roles", "Roles by its labels.", NodeColumns::roles),
        Column.AGE,
        Column.text("Version", "Version of its agent.", o -> info(o, "kubeletVersion", "")),
        Column.text("Internal-IP", "Its address inside.", o -> address(o, "InternalIP")).wide(),
        Column.text("External-IP", "Its address outside.", o -> address(o, "ExternalIP")).wide(),
        Column.text("OS-Image", "Its system.", o -> info(o, "osImage", "<unknown>")).wide(),
        Column.text("Kernel-Version", "Its kernel.", o -> info(o, "kernelVersion", "<unknown>"))
            .wide(),
        Column.text(
                "Container-Runtime",
                "What runs its pods.",
                o -> info(o, "containerRuntimeVersion", "<unknown>"))
            .wide());
  }

  private static String status(JsonNode node) {
    List<String> words = new ArrayList<>();
    for (JsonNode condition : node.path("status").path("conditions")) {
      if (text(condition, "type").equals("Ready")) {
        words.add(text(condition, "status").equals("True") ? "Ready" : "NotReady");
      }
    }
    if (words.isEmpty()) {
      words.add("Unknown");
    }
    if (node.path("spec").path("unschedulable").asBoolean()) {
      words.add("SchedulingDisabled");
    }
    return String.join(",", words);
  }

  private static String roles(JsonNode node) {
    TreeSet<String> roles = new TreeSet<>();
    node.path("metadata")
        .path("labels")
        .properties()
        .forEach(
            label -> {
              if (label.getKey().startsWith(ROLE_PREFIX)) {
                roles.add(label.getKey().substring(ROLE_PREFIX.length()));
              } else if (label.getKey().equals(ROLE)) {
                roles.add(label.getValue().asText());
              }
            });
    roles.remove("");
    return Cells.joined(List.copyOf(roles));
  }

  private static String address(JsonNode node, String type) {
    for (JsonNode address : node.path("status").path("addresses")) {
      if (text(address, "type").equals(type)) {
        return text(address, "address");
      }
    }
    return Cells.NONE;
  }

  private static String info(JsonNode node, String field, String otherwise) {
    String value = text(node, "status", "nodeInfo", field);
    return value.isEmpty() ? otherwise : value;
  }
}
