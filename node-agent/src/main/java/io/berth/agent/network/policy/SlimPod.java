package io.berth.agent.network.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Every pod of the cluster is known on every node, so little is kept of each: its labels, its
 * addresses, its named ports and its node.
 */
final class SlimPod {
  private static final String CREATED = "c";
  private static final String NODE = "n";
  private static final String ADDRESSES = "a";
  private static final String PORTS = "p";

  /**
   * What is left beside the header.
   *
   * @param addresses none where the pod has none of its own
   */
  record Content(String created, String node, List<String> addresses, List<NetPod.Port> ports) {}

  private SlimPod() {}

  /** Takes all of a pod away that policies do not look at. */
  static ApiObject of(ApiObject whole) {
    JsonNode pod = whole.treeWithoutOwners();
    ObjectNode slim = Json.object();
    slim.put(CREATED, pod.path("metadata").path("creationTimestamp").asText());
    slim.put(NODE, pod.path("spec").path("nodeName").asText());
    ArrayNode addresses = slim.putArray(ADDRESSES);
    if (!ended(pod) && !pod.path("spec").path("hostNetwork").asBoolean()) {
      pod.path("status").path("podIPs").forEach(ip -> addresses.add(ip.path("ip").asText()));
    }
    ArrayNode ports = slim.putArray(PORTS);
    pod.path("spec").path("containers").forEach(container -> ports(container, ports));
    for (JsonNode container : pod.path("spec").path("initContainers")) {
      if (container.path("restartPolicy").asText().equals("Always")) {
        ports(container, ports);
      }
    }
    ObjectHeader head = whole.header();
    return new ApiObject(
        new ObjectHeader(
            head.key(),
            head.uid(),
            head.revision(),
            head.labels(),
            Map.of(),
            List.of(),
            head.deletionTimestamp()),
        Json.bytes(slim));
  }

  private static boolean ended(JsonNode pod) {
    return switch (pod.path("status").path("phase").asText()) {
      case "Succeeded", "Failed" -> true;
      default -> false;
    };
  }

  private static void ports(JsonNode container, ArrayNode to) {
    for (JsonNode port : container.path("ports")) {
      if (port.hasNonNull("name")) {
        to.addObject()
            .put("name", port.path("name").asText())
            .put("protocol", port.path("protocol").asText("TCP").toLowerCase(Locale.ROOT))
            .put("port", port.path("containerPort").asInt());
      }
    }
  }

  /** Of what {@link #of} made. */
  static Content read(byte[] slim) {
    JsonNode json = Json.parseTrusted(slim);
    List<String> addresses = new ArrayList<>();
    json.path(ADDRESSES).forEach(address -> addresses.add(address.asText()));
    List<NetPod.Port> ports = new ArrayList<>();
    for (JsonNode port : json.path(PORTS)) {
      ports.add(
          new NetPod.Port(
              port.path("name").asText(),
              port.path("protocol").asText(),
              port.path("port").asInt()));
    }
    return new Content(
        json.path(CREATED).asText(),
        json.path(NODE).asText(),
        List.copyOf(addresses),
        List.copyOf(ports));
  }
}
