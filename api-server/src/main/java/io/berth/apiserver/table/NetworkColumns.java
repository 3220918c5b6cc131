package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** The columns of ways into the cluster, rules between pods, and addresses. */
final class NetworkColumns {
  private static final int HOSTS = 3;

  private NetworkColumns() {}

  static List<Column> ingresses() {
    return List.of(
        Column.NAME,
        Column.text(
            "Class", "Who serves it.", o -> Cells.orNone(text(o, "spec", "ingressClassName"))),
        Column.text("Hosts", "Hosts that it serves.", NetworkColumns::hosts),
        Column.text("Address", "Where it is reached.", NetworkColumns::address),
        Column.text(
            "Ports",
            "At which ports.",
            o -> o.path("spec").path("tls").isEmpty() ? "80" : "80, 443"),
        Column.AGE);
  }

  static List<Column> ingressClasses() {
    return List.of(
        Column.NAME,
        Column.text("Controller", "Who serves its ingresses.", o -> text(o, "spec", "controller")),
        Column.text("Parameters", "What configures that.", NetworkColumns::parameters),
        Column.AGE);
  }

  static List<Column> policies() {
    return List.of(
        Column.NAME,
        Column.text(
            "Pod-Selector",
            "Which pods it is for.",
            o -> Cells.labelSelector(Cells.at(o, "spec", "podSelector"))),
        Column.AGE);
  }

  static List<Column> addresses() {
    return List.of(Column.NAME, Column.text("ParentRef", "Whose it is.", NetworkColumns::parent));
  }

  static List<Column> cidrs() {
    return List.of(
        Column.NAME,
        Column.text(
            "CIDRs",
            "Where addresses of services lie.",
            o -> String.join(",", Cells.texts(Cells.at(o, "spec", "cidrs")))),
        Column.AGE);
  }

  private static String hosts(JsonNode ingress) {
    List<String> hosts = new ArrayList<>();
    int more = 0;
    for (JsonNode rule : ingress.path("spec").path("rules")) {
      String host = text(rule, "host");
      if (hosts.size() == HOSTS) {
        more++;
      } else if (!host.isEmpty()) {
        hosts.add(host);
      }
    }
    if (hosts.isEmpty()) {
      return "*";
    }
    return String.join(",", hosts) + (more == 0 ? "" : " + " + more + " more...");
  }

  private static String address(JsonNode ingress) {
    List<String> addresses = new ArrayList<>();
    for (JsonNode point : Cells.at(ingress, "status", "loadBalancer", "ingress")) {
      String ip = text(point, "ip");
      String address = ip.isEmpty() ? text(point, "hostname") : ip;
      if (!address.isEmpty() && !addresses.contains(address)) {
        addresses.add(address);
      }
    }
    return String.join(",", addresses);
  }

  private static String parameters(JsonNode ingressClass) {
    JsonNode parameters = ingressClass.path("spec").path("parameters");
    if (!parameters.isObject()) {
      return Cells.NONE;
    }
    String group = text(parameters, "apiGroup");
    return text(parameters, "kind")
        + (group.isEmpty() ? "" : "." + group)
        + "/"
        + text(parameters, "name");
  }

  private static String parent(JsonNode address) {
    JsonNode parent = address.path("spec").path("parentRef");
    List<String> parts = new ArrayList<>();
    for (String field : new String[] {"group", "resource", "namespace", "name"}) {
      parts.add(text(parent, field));
    }
    String of = parts.get(0).isEmpty() ? parts.get(1) : parts.get(1) + "." + parts.get(0);
    return of + "/" + (parts.get(2).isEmpty() ? "" : parts.get(2) + "/") + parts.get(3);
  }
}
