package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import io.berth.api.object.Names;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Services. */
final class ServiceRules {
  private static final List<String> TYPES =
      List.of("ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
  private static final List<String> POLICIES = List.of("Cluster", "Local");
  private static final String NONE = "None";

  private ServiceRules() {}

  static void service(JsonNode spec, Report report) {
    String type = spec.path("type").asText("");
    boolean headless = spec.path("clusterIP").asText("").equals(NONE);
    JsonNode ports = spec.path("ports");
    if (ports.isEmpty() && !headless && !type.equals("ExternalName")) {
      report.required("spec.ports");
    }
    Report.each(ports, "spec.ports", (port, at) -> port(port, at, ports.size() > 1, type, report));
    report.unique(ports, "spec.ports", "name");
    distinct(ports, report);
    report.oneOf(spec, "spec", "type", TYPES);
    addresses(spec, type, headless, report);
    MetadataRules.labels(spec.path("selector"), "spec.selector", report);
    affinity(spec, report);
    report.oneOf(spec, "spec", "internalTrafficPolicy", POLICIES);
    external(spec, type, report);
  }

  private static void port(JsonNode port, String path, boolean named, String type, Report report) {
    String name = port.path("name").asText("");
    if (named && name.isEmpty()) {
      report.required(path + ".name");
    } else if (!name.isEmpty()) {
      report.invalid(path + ".name", name, Names.dns1123Label(name));
    }
    report.port(port.path("port").isNumber() ? port.path("port") : zero(), path + ".port");
    report.oneOf(port, path, "protocol", List.of("SCTP", "TCP", "UDP"));
    if (port.hasNonNull("targetPort")) {
      report.port(port.path("targetPort"), path + ".targetPort");
    }
    int nodePort = port.path("nodePort").asInt(0);
    if (nodePort != 0 && (type.equals("ClusterIP") || type.equals("ExternalName"))) {
      report.forbidden(path + ".nodePort", "may not be used when `type` is '" + type + "'");
    }
    report.range(port, path, "nodePort", 0, 65_535, Report.PORT_RANGE);
  }

  private static JsonNode zero() {
    return IntNode.valueOf(0);
  }

  /** The same port of a protocol, or node port, twice. */
  private static void distinct(JsonNode ports, Report report) {
    Set<String> seen = new HashSet<>();
    Report.each(
        ports,
        "spec.ports",
        (port, at) -> {
          String protocol = port.path("protocol").asText("TCP");
          if (!seen.add(protocol + "/" + port.path("port").asText())) {
            report.add(FieldError.duplicateRaw(at, port.toString()));
          }
          int nodePort = port.path("nodePort").asInt(0);
          if (nodePort != 0 && !seen.add("node " + protocol + "/" + nodePort)) {
            report.add(FieldError.duplicateRaw(at + ".nodePort", Integer.toString(nodePort)));
          }
        });
  }

  private static void addresses(JsonNode spec, String type, boolean headless, Report report) {
    String address = spec.path("clusterIP").asText("");
    JsonNode all = spec.path("clusterIPs");
    if (type.equals("ExternalName")) {
      report.text(spec, "spec", "externalName", ServiceRules::externalName);
      if (!address.isEmpty()) {
        report.forbidden("spec.clusterIPs", "may not be set when `type` is 'ExternalName'");
      }
      return;
    }
    if (headless && (type.equals("NodePort") || type.equals("LoadBalancer"))) {
      report.add(
          FieldError.invalidRaw(
              "spec.clusterIPs[0]",
              all.toString(),
              "may not be set to 'None' for " + type + " services"));
    } else if (!address.isEmpty() && !headless) {
      EndpointRules.ip(spec.path("clusterIP"), "spec.clusterIPs[0]", report);
    }
  }

  private static List<String> externalName(String name) {
    return Names.dns1123Subdomain(name.endsWith(".") ? name.substring(0, name.length() - 1) : name);
  }

  private static void affinity(JsonNode spec, Report report) {
    report.oneOf(spec, "spec", "sessionAffinity", List.of("ClientIP", NONE));
    report.range(
        spec.path("sessionAffinityConfig").path("clientIP"),
        "spec.sessionAffinityConfig.clientIP",
        "timeoutSeconds",
        1,
        86_400,
        "must be greater than 0 and less than 86400");
  }

  private static void external(JsonNode spec, String type, Report report) {
    JsonNode ips = spec.path("externalIPs");
    Report.each(ips, "spec.externalIPs", (ip, at) -> EndpointRules.ip(ip, at, report));
    boolean outside = type.equals("NodePort") || type.equals("LoadBalancer") || !ips.isEmpty();
    String policy = spec.path("externalTrafficPolicy").asText("");
    if (!policy.isEmpty() && !outside) {
      report.invalid(
          "spec.externalTrafficPolicy",
          policy,
          "may only be set for externally-accessible services");
    } else {
      report.oneOf(spec, "spec", "externalTrafficPolicy", POLICIES);
    }
  }
}
