package io.berth.controllers.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.controllers.object.PodFacts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Computes the {@code subsets} of an Endpoints object: ports that the same pods serve, together.
 */
final class EndpointsTree {
  /** The most addresses that an Endpoints object holds; ready ones come first. */
  static final int MAX = 1_000;

  private static final String PORTLESS = "";

  /** An address and whether it is ready. */
  private record Address(ObjectNode tree, boolean ready) {}

  private EndpointsTree() {}

  static ArrayNode subsets(ServiceFacts service, List<PodFacts> pods) {
    SortedMap<String, JsonNode> ports = new TreeMap<>();
    Map<String, SortedMap<String, Address>> byPort = new TreeMap<>();
    for (PodFacts pod : within(service, pods)) {
      String ip = address(service, pod);
      Address address = new Address(tree(service, pod, ip), ready(service, pod));
      List<JsonNode> served = new ArrayList<>();
      Endpoint.ports(service, pod).forEach(served::add);
      if (service.ports().isEmpty()) {
        byPort.computeIfAbsent(PORTLESS, p -> new TreeMap<>()).put(ip, address);
      }
      for (JsonNode port : served) {
        String key = sortKey(port);
        ports.put(key, port);
        byPort.computeIfAbsent(key, p -> new TreeMap<>()).put(ip, address);
      }
    }
    Map<SortedMap<String, Address>, List<JsonNode>> groups = new LinkedHashMap<>();
    byPort.forEach(
        (key, addresses) -> {
          List<JsonNode> group = groups.computeIfAbsent(addresses, a -> new ArrayList<>());
          if (!key.equals(PORTLESS)) {
            group.add(ports.get(key));
          }
        });
    ArrayNode subsets = Json.object().arrayNode();
    groups.forEach((addresses, group) -> subsets.add(subset(addresses, group)));
    return subsets;
  }

  private static String sortKey(JsonNode port) {
    return "%s/%05d/%s"
        .formatted(
            port.path("name").asText(), port.path("port").asInt(), port.path("protocol").asText());
  }

  /** The pods that count: not ended, with an address; at most so many, ready ones first. */
  private static List<PodFacts> within(ServiceFacts service, List<PodFacts> pods) {
    List<PodFacts> counted =
        pods.stream()
            .filter(pod -> !pod.terminal() && !address(service, pod).isEmpty())
            .filter(pod -> !pod.deleting() || service.publishNotReady())
            .toList();
    if (counted.size() <= MAX) {
      return counted;
    }
    Comparator<PodFacts> readyFirst = Comparator.comparing(pod -> !ready(service, pod));
    return counted.stream().sorted(readyFirst.thenComparing(PodFacts::name)).limit(MAX).toList();
  }

  private static String address(ServiceFacts service, PodFacts pod) {
    boolean v6 = service.families().getFirst().equals("IPv6");
    return pod.addresses().stream()
        .filter(address -> address.contains(":") == v6)
        .findFirst()
        .orElse("");
  }

  private static boolean ready(ServiceFacts service, PodFacts pod) {
    return service.publishNotReady() || pod.ready();
  }

  private static ObjectNode tree(ServiceFacts service, PodFacts pod, String ip) {
    ObjectNode address = Json.object().put("ip", ip);
    if (service.showsHostname(pod)) {
      address.put("hostname", pod.hostname());
    }
    if (!pod.node().isEmpty()) {
      address.put("nodeName", pod.node());
    }
    address.set("targetRef", Endpoint.targetRef(pod));
    return address;
  }

  private static ObjectNode subset(SortedMap<String, Address> addresses, List<JsonNode> ports) {
    ObjectNode subset = Json.object();
    for (Address address : addresses.values()) {
      subset.withArray(address.ready() ? "addresses" : "notReadyAddresses").add(address.tree());
    }
    for (JsonNode port : ports) {
      ObjectNode tree = port.deepCopy();
      if (tree.path("name").asText().isEmpty()) {
        tree.remove("name");
      }
      subset.withArray("ports").add(tree);
    }
    return subset;
  }
}
