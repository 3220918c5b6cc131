package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A port of the node that a pod is reached by.
 *
 * @param protocol {@code TCP}, {@code UDP} or {@code SCTP}
 * @param address the node's address, empty for all of them
 * @param port on the node
 * @param containerPort in the pod
 */
public record HostPort(String protocol, String address, int port, int containerPort) {
  static Set<HostPort> of(PodView pod) {
    Set<HostPort> ports = new LinkedHashSet<>();
    for (ContainerDef def : pod.all()) {
      for (JsonNode json : def.json().path("ports")) {
        int port = json.path("hostPort").asInt();
        String address = json.path("hostIP").asText();
        if (port != 0) {
          ports.add(
              new HostPort(
                  json.path("protocol").asText("TCP"),
                  address.equals("0.0.0.0") || address.equals("::") ? "" : address,
                  port,
                  json.path("containerPort").asInt()));
        }
      }
    }
    return ports;
  }

  boolean conflicts(HostPort other) {
    boolean sameAddress =
        address.isEmpty() || other.address.isEmpty() || address.equals(other.address);
    return sameAddress && port == other.port && protocol.equals(other.protocol);
  }
}
