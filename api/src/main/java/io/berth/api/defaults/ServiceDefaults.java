package io.berth.api.defaults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Defaults of services and of what lists their endpoints. */
final class ServiceDefaults {
  private static final int CLIENT_IP_SECONDS = 10_800;

  private ServiceDefaults() {}

  static void service(ObjectNode service) {
    ObjectNode spec = Unset.object(service, "spec");
    Unset.text(spec, "type", "ClusterIP");
    Unset.text(spec, "sessionAffinity", "None");
    affinity(spec);
    Unset.each(spec, "ports", ServiceDefaults::port);
    String type = spec.path("type").asText();
    boolean balancer = type.equals("LoadBalancer");
    boolean outside =
        balancer
            || type.equals("NodePort")
            || (type.equals("ClusterIP") && !spec.path("externalIPs").isEmpty());
    if (outside) {
      Unset.text(spec, "externalTrafficPolicy", "Cluster");
    }
    if (balancer) {
      Unset.flag(spec, "allocateLoadBalancerNodePorts", true);
    }
    if (!type.equals("ExternalName")) {
      Unset.text(spec, "internalTrafficPolicy", "Cluster");
      Unset.text(spec, "ipFamilyPolicy", "SingleStack");
      if (Unset.unset(spec, "ipFamilies")) {
        spec.putArray("ipFamilies").add("IPv4");
      }
    }
    Unset.object(Unset.object(service, "status"), "loadBalancer");
  }

  private static void affinity(ObjectNode spec) {
    if (spec.path("sessionAffinity").asText().equals("ClientIP")) {
      ObjectNode config = Unset.object(spec, "sessionAffinityConfig");
      Unset.number(Unset.object(config, "clientIP"), "timeoutSeconds", CLIENT_IP_SECONDS);
    } else {
      spec.remove("sessionAffinityConfig");
    }
  }

  private static void port(ObjectNode port) {
    Unset.text(port, "protocol", "TCP");
    JsonNode target = port.path("targetPort");
    boolean unset =
        target.isMissingNode() || target.asText().isEmpty() || target.asText().equals("0");
    if (unset && port.has("port")) {
      port.set("targetPort", port.get("port"));
    }
  }

  static void endpoints(ObjectNode endpoints) {
    Unset.each(
        endpoints,
        "subsets",
        subset -> Unset.each(subset, "ports", port -> Unset.text(port, "protocol", "TCP")));
  }

  static void endpointSlice(ObjectNode slice) {
    Unset.each(
        slice,
        "ports",
        port -> {
          if (Unset.unset(port, "name")) {
            port.put("name", "");
          }
          Unset.text(port, "protocol", "TCP");
        });
  }
}
