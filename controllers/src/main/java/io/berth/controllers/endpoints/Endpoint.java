package io.berth.controllers.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.controllers.object.PodFacts;
import java.util.Map;

/** One pod as an entry of an EndpointSlice. */
final class Endpoint {
  private Endpoint() {}

  /**
   * @param zones the zone of each node that has one
   */
  static ObjectNode of(
      ServiceFacts service, PodFacts pod, String address, Map<String, String> zones) {
    ObjectNode endpoint = Json.object();
    endpoint.putArray("addresses").add(address);
    endpoint
        .putObject("conditions")
        .put("ready", service.publishNotReady() || (pod.ready() && !pod.deleting()))
        .put("serving", pod.ready())
        .put("terminating", pod.deleting());
    if (service.showsHostname(pod)) {
      endpoint.put("hostname", pod.hostname());
    }
    endpoint.set("targetRef", targetRef(pod));
    if (!pod.node().isEmpty()) {
      endpoint.put("nodeName", pod.node());
    }
    String zone = zones.getOrDefault(pod.node(), "");
    if (!zone.isEmpty()) {
      endpoint.put("zone", zone);
    }
    hint(endpoint, service.near(), pod.node(), zone);
    return endpoint;
  }

  /** An endpoint is for clients of its own place; one that takes no connections is for nobody. */
  private static void hint(ObjectNode endpoint, ServiceFacts.Near near, String node, String zone) {
    if (near == ServiceFacts.Near.NO_MATTER
        || !endpoint.path("conditions").path("ready").asBoolean()) {
      return;
    }
    if (near == ServiceFacts.Near.SAME_NODE && !node.isEmpty()) {
      endpoint.withObject("/hints").putArray("forNodes").addObject().put("name", node);
    }
    if (!zone.isEmpty()) {
      endpoint.withObject("/hints").putArray("forZones").addObject().put("name", zone);
    }
  }

  static ObjectNode targetRef(PodFacts pod) {
    return Json.object()
        .put("kind", "Pod")
        .put("namespace", pod.namespace())
        .put("name", pod.name())
        .put("uid", pod.uid());
  }

  /** What makes two entries the same endpoint, whatever their conditions. */
  static String identity(JsonNode endpoint) {
    return endpoint.path("addresses").path(0).asText()
        + "/"
        + endpoint.path("targetRef").path("uid").asText()
        + "/"
        + endpoint.path("hostname").asText();
  }

  /** The Service's ports as this pod serves them, without those that it does not have. */
  static ArrayNode ports(ServiceFacts service, PodFacts pod) {
    ArrayNode ports = Json.object().arrayNode();
    for (ServiceFacts.Port port : service.ports()) {
      port.on(pod).ifPresent(number -> ports.add(port(port, number)));
    }
    return ports;
  }

  private static ObjectNode port(ServiceFacts.Port port, int number) {
    ObjectNode tree = Json.object().put("name", port.name()).put("port", number);
    tree.put("protocol", port.protocol());
    if (port.appProtocol() != null) {
      tree.put("appProtocol", port.appProtocol());
    }
    return tree;
  }
}
