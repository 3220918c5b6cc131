package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.List;
import java.util.regex.Pattern;

/** Ways into the cluster, rules between pods, and addresses of services. */
final class NetworkRules {
  private static final List<String> PATH_TYPES =
      List.of("Exact", "ImplementationSpecific", "Prefix");
  private static final List<String> PROTOCOLS = List.of("SCTP", "TCP", "UDP");
  private static final List<String> DIRECTIONS = List.of("Egress", "Ingress");
  private static final Pattern CIDR = Pattern.compile("[0-9a-fA-F.:]+/[0-9]{1,3}");
  private static final List<String> IN_PATHS = List.of("//", "/./", "/../", "%2f", "%2F");
  private static final List<String> AT_ENDS = List.of("/..", "/.");

  private NetworkRules() {}

  static void ingress(JsonNode spec, Report report) {
    if (spec.path("rules").isEmpty() && !spec.hasNonNull("defaultBackend")) {
      report.add(
          FieldError.invalidRaw(
              "spec", spec.toString(), "either `defaultBackend` or `rules` must be specified"));
    }
    if (spec.hasNonNull("defaultBackend")) {
      backend(spec.path("defaultBackend"), "spec.defaultBackend", report);
    }
    report.optional(spec, "spec", "ingressClassName", Names::dns1123Subdomain);
    Report.each(spec.path("rules"), "spec.rules", (rule, at) -> rule(rule, at, report));
    Report.each(
        spec.path("tls"),
        "spec.tls",
        (tls, at) -> {
          for (int i = 0; i < tls.path("hosts").size(); i++) {
            host(tls.path("hosts").get(i).asText(""), at + ".hosts[" + i + "]", report);
          }
        });
  }

  private static void rule(JsonNode rule, String at, Report report) {
    host(rule.path("host").asText(""), at + ".host", report);
    if (!rule.hasNonNull("http")) {
      return;
    }
    if (rule.path("http").path("paths").isEmpty()) {
      report.required(at + ".http.paths");
    }
    Report.each(
        rule.path("http").path("paths"),
        at + ".http.paths",
        (path, here) -> {
          path(path, here, report);
          backend(path.path("backend"), here + ".backend", report);
        });
  }

  private static void path(JsonNode path, String at, Report report) {
    String type = path.path("pathType").asText("");
    if (type.isEmpty()) {
      report.required(at + ".pathType", "pathType must be specified");
      return;
    }
    report.oneOf(path, at, "pathType", PATH_TYPES);
    String value = path.path("path").asText("");
    if (type.equals("ImplementationSpecific")) {
      if (!value.isEmpty() && !value.startsWith("/")) {
        report.invalid(at + ".path", value, "must be an absolute path");
      }
      return;
    }
    if (!value.startsWith("/")) {
      report.invalid(at + ".path", value, "must be an absolute path");
      return;
    }
    for (String part : IN_PATHS) {
      if (value.contains(part)) {
        report.invalid(at + ".path", value, "must not contain '" + part + "'");
      }
    }
    for (String end : AT_ENDS) {
      if (value.endsWith(end)) {
        report.invalid(at + ".path", value, "cannot end with '" + end + "'");
      }
    }
  }

  private static void host(String host, String at, Report report) {
    if (host.isEmpty()) {
      return;
    }
    report.invalid(
        at, host, Names.dns1123Subdomain(host.startsWith("*.") ? host.substring(2) : host));
  }

  private static void backend(JsonNode backend, String at, Report report) {
    boolean service = backend.hasNonNull("service");
    boolean resource = backend.hasNonNull("resource");
    if (service && resource) {
      report.add(
          FieldError.invalidRaw(at, "\"\"", "cannot set both resource and service backends"));
      return;
    }
    if (resource) {
      report.text(backend.path("resource"), at + ".resource", "kind");
      report.text(backend.path("resource"), at + ".resource", "name");
      return;
    }
    if (!service) {
      report.required(at + ".service.name");
      report.required(at + ".service.port", "port name or number is required");
      return;
    }
    report.text(backend.path("service"), at + ".service", "name", Names::dns1035Label);
    JsonNode port = backend.path("service").path("port");
    boolean named = !port.path("name").asText("").isEmpty();
    boolean numbered = port.path("number").asInt(0) != 0;
    if (named && numbered) {
      report.add(FieldError.invalidRaw(at, "\"\"", "cannot set both port name & port number"));
    } else if (named) {
      report.invalid(
          at + ".service.port.name",
          port.path("name").asText(),
          Names.portName(port.path("name").asText()));
    } else if (numbered) {
      report.port(port.path("number"), at + ".service.port.number");
    } else {
      report.required(at, "port name or number is required");
    }
  }

  static void ingressClass(JsonNode spec, Report report) {
    String controller = report.text(spec, "spec", "controller");
    if (controller != null && !controller.contains("/")) {
      report.invalid(
          "spec.controller",
          controller,
          "must be a domain-prefixed path (such as \"acme.io/foo\")");
    }
    if (spec.hasNonNull("parameters")) {
      JsonNode parameters = spec.path("parameters");
      report.text(parameters, "spec.parameters", "kind");
      report.text(parameters, "spec.parameters", "name");
      report.oneOf(parameters, "spec.parameters", "scope", List.of("Cluster", "Namespace"));
      boolean namespaced = parameters.path("scope").asText("").equals("Namespace");
      if (namespaced) {
        report.text(parameters, "spec.parameters", "namespace");
      } else if (parameters.hasNonNull("namespace")) {
        report.forbidden("spec.parameters.namespace", "`parameters.scope` is set to 'Cluster'");
      }
    }
  }

  static void policy(JsonNode spec, Report report) {
    SelectorRules.check(spec.path("podSelector"), "spec.podSelector", report);
    Report.each(
        spec.path("ingress"), "spec.ingress", (rule, at) -> policyRule(rule, "from", at, report));
    Report.each(
        spec.path("egress"), "spec.egress", (rule, at) -> policyRule(rule, "to", at, report));
    JsonNode types = spec.path("policyTypes");
    if (types.size() > 2) {
      report.add(
          FieldError.invalidRaw(
              "spec.policyTypes", types.toString(), "may not specify more than two policyTypes"));
    }
    for (int i = 0; i < types.size(); i++) {
      if (!DIRECTIONS.contains(types.get(i).asText(""))) {
        report.add(
            FieldError.notSupported(
                "spec.policyTypes[" + i + "]", types.get(i).asText(""), DIRECTIONS));
      }
    }
  }

  private static void policyRule(JsonNode rule, String peers, String path, Report report) {
    Report.each(
        rule.path("ports"),
        path + ".ports",
        (port, at) -> {
          report.oneOf(port, at, "protocol", PROTOCOLS);
          if (port.hasNonNull("port")) {
            report.port(port.path("port"), at + ".port");
          }
          JsonNode end = port.path("endPort");
          if (end.isNumber() && !port.path("port").isNumber()) {
            report.required(at + ".port", "must be specified when `endPort` is specified");
          } else if (end.isNumber() && end.asInt() < port.path("port").asInt()) {
            report.add(
                FieldError.invalid(
                    at + ".endPort", end.asLong(), "must be greater than or equal to `port`"));
          }
        });
    Report.each(rule.path(peers), path + "." + peers, (peer, at) -> peer(peer, at, report));
  }

  private static void peer(JsonNode peer, String at, Report report) {
    int count = 0;
    for (String selector : new String[] {"podSelector", "namespaceSelector"}) {
      if (peer.hasNonNull(selector)) {
        count++;
        SelectorRules.check(peer.path(selector), at + "." + selector, report);
      }
    }
    JsonNode block = peer.path("ipBlock");
    if (block.isObject()) {
      cidr(block.path("cidr").asText(""), at + ".ipBlock.cidr", report);
      for (int i = 0; i < block.path("except").size(); i++) {
        cidr(block.path("except").get(i).asText(""), at + ".ipBlock.except[" + i + "]", report);
      }
      if (count > 0) {
        report.forbidden(at, "may not specify both ipBlock and another peer");
      }
    } else if (count == 0) {
      report.required(at, "must specify a peer");
    }
  }

  private static void cidr(String cidr, String at, Report report) {
    if (cidr.isEmpty()) {
      report.required(at);
    } else if (!CIDR.matcher(cidr).matches()) {
      report.invalid(at, cidr, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }
  }

  static void serviceCidr(JsonNode spec, Report report) {
    JsonNode cidrs = spec.path("cidrs");
    if (cidrs.isEmpty()) {
      report.required("spec.cidrs", "at least one CIDR required");
    }
    if (cidrs.size() > 2) {
      report.add(
          FieldError.invalidRaw("spec.cidrs", cidrs.toString(), "may only hold up to 2 values"));
    }
    for (int i = 0; i < cidrs.size(); i++) {
      cidr(cidrs.get(i).asText(""), "spec.cidrs[" + i + "]", report);
    }
  }

  static void address(JsonNode spec, Report report) {
    JsonNode parent = spec.path("parentRef");
    if (!parent.isObject()) {
      report.required("spec.parentRef");
      return;
    }
    report.text(parent, "spec.parentRef", "resource");
    report.text(parent, "spec.parentRef", "name");
  }
}
