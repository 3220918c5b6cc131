package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.orNone;
import static io.berth.apiserver.table.Cells.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The columns of services and of what stands behind them. */
final class ServiceColumns {
  private static final int MAX_SHOWN = 3;

  private ServiceColumns() {}

  static List<Column> services() {
    return List.of(
        Column.NAME,
        Column.text("Type", "How it is reached.", o -> text(o, "spec", "type")),
        Column.text("Cluster-IP", "Its address inside.", ServiceColumns::clusterIp),
        Column.text("External-IP", "Its addresses outside.", ServiceColumns::externalIp),
        Column.text("Port(s)", "Its ports.", ServiceColumns::ports),
        Column.AGE,
        Column.text("Selector", "Which pods serve it.", o -> selector(o)).wide());
  }

  static List<Column> endpoints() {
    return List.of(
        Column.NAME,
        Column.text("Endpoints", "Addresses that are ready.", ServiceColumns::addresses),
        Column.AGE);
  }

  static List<Column> endpointSlices() {
    return List.of(
        Column.NAME,
        Column.text("AddressType", "Kind of its addresses.", o -> text(o, "addressType")),
        Column.text("Ports", "Its ports.", ServiceColumns::slicePorts),
        Column.text("Endpoints", "Its addresses.", ServiceColumns::sliceAddresses),
        Column.AGE);
  }

  private static String selector(JsonNode service) {
    return orNone(Cells.pairs(service.path("spec").path("selector")));
  }

  private static String clusterIp(JsonNode service) {
    String first = text(service.path("spec").path("clusterIPs").path(0), new String[0]);
    return orNone(first.isEmpty() ? text(service, "spec", "clusterIP") : first);
  }

  private static String externalIp(JsonNode service) {
    List<String> fixed = texts(service.path("spec").path("externalIPs"));
    return switch (text(service, "spec", "type")) {
      case "LoadBalancer" -> {
        TreeSet<String> all = new TreeSet<>();
        for (JsonNode ingress : service.path("status").path("loadBalancer").path("ingress")) {
          String ip = text(ingress, "ip");
          all.add(ip.isEmpty() ? text(ingress, "hostname") : ip);
        }
        all.remove("");
        List<String> given = new ArrayList<>(all);
        given.addAll(fixed);
        yield given.isEmpty() ? "<pending>" : String.join(",", given);
      }
      case "ExternalName" -> text(service, "spec", "externalName");
      default -> Cells.joined(fixed);
    };
  }

  private static String ports(JsonNode service) {
    List<String> ports = new ArrayList<>();
    for (JsonNode port : service.path("spec").path("ports")) {
      String protocol = port.path("protocol").asText("TCP");
      int nodePort = port.path("nodePort").asInt();
      String own = port.path("port").asText();
      ports.add(nodePort == 0 ? own + "/" + protocol : own + ":" + nodePort + "/" + protocol);
    }
    return Cells.joined(ports);
  }

  private static String addresses(JsonNode endpoints) {
    List<String> all = new ArrayList<>();
    for (JsonNode subset : endpoints.path("subsets")) {
      JsonNode ports = subset.path("ports");
      for (JsonNode address : subset.path("addresses")) {
        String ip = text(address, "ip");
        if (ports.isEmpty()) {
          all.add(ip);
        }
        for (JsonNode port : ports) {
          all.add((ip.contains(":") ? "[" + ip + "]" : ip) + ":" + port.path("port").asInt());
        }
      }
    }
    return shortened(all, " + ");
  }

  private static String slicePorts(JsonNode slice) {
    JsonNode ports = slice.path("ports");
    if (ports.isEmpty()) {
      return "<unset>";
    }
    List<String> all = new ArrayList<>();
    for (JsonNode port : ports) {
      all.add(port.hasNonNull("port") ? port.path("port").asText() : text(port, "name"));
    }
    return shortened(all, " + ");
  }

  private static String sliceAddresses(JsonNode slice) {
    List<String> all = new ArrayList<>();
    for (JsonNode endpoint : slice.path("endpoints")) {
      all.addAll(texts(endpoint.path("addresses")));
    }
    return all.isEmpty() ? "<unset>" : shortened(all, " + ");
  }

  private static String shortened(List<String> all, String plus) {
    if (all.size() <= MAX_SHOWN) {
      return Cells.joined(all);
    }
    int hidden = all.size() - MAX_SHOWN;
    return String.join(",", all.subList(0, MAX_SHOWN)) + plus + hidden + " more...";
  }

  private static List<String> texts(JsonNode array) {
    List<String> all = new ArrayList<>();
    array.forEach(e -> all.add(e.asText("")));
    return all;
  }
}
