package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.List;
import java.util.regex.Pattern;

/** Endpoints and endpoint slices, and the forms of addresses. */
final class EndpointRules {
  private static final List<String> PROTOCOLS = List.of("SCTP", "TCP", "UDP");
  private static final int MAX_ENDPOINTS = 1000;
  private static final int MAX_ADDRESSES = 100;
  private static final int MAX_PORTS = 20_000;
  private static final Pattern IPV4 =
      Pattern.compile(
          "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}");
  private static final Pattern HEXTET = Pattern.compile("[0-9a-fA-F]{1,4}");

  private EndpointRules() {}

  static void endpoints(JsonNode endpoints, Report report) {
    Report.each(endpoints.path("subsets"), "subsets", (subset, at) -> subset(subset, at, report));
  }

  private static void subset(JsonNode subset, String path, Report report) {
    if (subset.path("addresses").isEmpty() && subset.path("notReadyAddresses").isEmpty()) {
      report.required(path, "must specify `addresses` or `notReadyAddresses`");
    }
    for (String list : List.of("addresses", "notReadyAddresses")) {
      Report.each(
          subset.path(list),
          path + "." + list,
          (address, at) -> {
            report.optional(address, at, "hostname", Names::dns1123Label);
            report.optional(address, at, "nodeName", Names::dns1123Subdomain);
            reachable(address.path("ip"), at + ".ip", report);
          });
    }
    JsonNode ports = subset.path("ports");
    Report.each(
        ports,
        path + ".ports",
        (port, at) -> {
          if (ports.size() > 1) {
            report.text(port, at, "name", Names::dns1123Label);
          } else {
            report.optional(port, at, "name", Names::dns1123Label);
          }
          report.port(port.path("port"), at + ".port");
          report.oneOf(port, at, "protocol", PROTOCOLS);
        });
  }

  static void slice(JsonNode slice, Report report) {
    String type = slice.path("addressType").asText("");
    if (type.isEmpty()) {
      report.required("addressType");
    } else if (!List.of("FQDN", "IPv4", "IPv6").contains(type)) {
      report.add(FieldError.notSupported("addressType", type, List.of("FQDN", "IPv4", "IPv6")));
    }
    JsonNode endpoints = slice.path("endpoints");
    if (endpoints.size() > MAX_ENDPOINTS) {
      report.add(FieldError.tooMany("endpoints", endpoints.size(), MAX_ENDPOINTS));
    } else {
      Report.each(endpoints, "endpoints", (endpoint, at) -> endpoint(endpoint, at, type, report));
    }
    JsonNode ports = slice.path("ports");
    if (ports.size() > MAX_PORTS) {
      report.add(FieldError.tooMany("ports", ports.size(), MAX_PORTS));
    }
    report.unique(ports, "ports", "name");
    Report.each(
        ports,
        "ports",
        (port, at) -> {
          report.optional(port, at, "name", Names::dns1123Label);
          report.oneOf(port, at, "protocol", PROTOCOLS);
          report.range(port, at, "port", 1, 65_535, Report.PORT_RANGE);
        });
  }

  private static void endpoint(JsonNode endpoint, String path, String type, Report report) {
    JsonNode addresses = endpoint.path("addresses");
    if (addresses.isEmpty()) {
      report.required(path + ".addresses", "must contain at least 1 address");
    } else if (addresses.size() > MAX_ADDRESSES) {
      report.add(FieldError.tooMany(path + ".addresses", addresses.size(), MAX_ADDRESSES));
    }
    for (int i = 0; i < addresses.size(); i++) {
      String at = path + ".addresses[" + i + "]";
      JsonNode address = addresses.get(i);
      switch (type) {
        case "IPv4" -> {
          if (!IPV4.matcher(address.asText("")).matches()) {
            report.invalid(at, address.asText(""), "must be a valid IPv4 address");
          } else {
            reachable(address, at, report);
          }
        }
        case "IPv6" -> {
          if (!isIpv6(address.asText(""))) {
            report.invalid(at, address.asText(""), "must be a valid IPv6 address");
          } else {
            reachable(address, at, report);
          }
        }
        case "FQDN" ->
            report.invalid(at, address.asText(""), Names.dns1123Subdomain(address.asText("")));
        default -> {}
      }
    }
    report.optional(endpoint, path, "hostname", Names::dns1123Label);
    report.optional(endpoint, path, "nodeName", Names::dns1123Subdomain);
  }

  static void ip(JsonNode address, String path, Report report) {
    String text = address.asText("");
    if (!IPV4.matcher(text).matches() && !isIpv6(text)) {
      report.invalid(path, text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
  }

  /** An address that traffic may be sent to. */
  private static void reachable(JsonNode address, String path, Report report) {
    int before = report.errors().size();
    ip(address, path, report);
    if (report.errors().size() > before) {
      return;
    }
    String text = address.asText("");
    if (text.equals("0.0.0.0") || text.equals("::")) {
      report.invalid(path, text, "may not be unspecified (0.0.0.0 or ::)");
    } else if (text.startsWith("127.") || text.equals("::1")) {
      report.invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    } else if (text.startsWith("169.254.")) {
      report.invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    } else if (text.startsWith("224.0.0.")) {
      report.invalid(
          path, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
  }

  /** Checked here, since the platform's own reading of text may ask a name server. */
  private static boolean isIpv6(String text) {
    String groups = text;
    int want = 8;
    int lastColon = text.lastIndexOf(':');
    if (lastColon >= 0 && IPV4.matcher(text.substring(lastColon + 1)).matches()) {
      groups = text.substring(0, lastColon + 1) + "0:0";
    }
    int gap = groups.indexOf("::");
    if (gap >= 0 && groups.indexOf("::", gap + 1) >= 0) {
      return false;
    }
    int count = 0;
    for (String half : gap < 0 ? new String[] {groups} : groups.split("::", -1)) {
      for (String group : half.isEmpty() ? new String[0] : half.split(":", -1)) {
        if (!HEXTET.matcher(group).matches()) {
          return false;
        }
        count++;
      }
    }
    return gap < 0 ? count == want : count < want;
  }
}
