package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.regex.Pattern;

/** Probes and hooks of a container. */
final class ProbeRules {
  private static final List<String> PROBES = List.of("exec", "httpGet", "tcpSocket", "grpc");
  private static final List<String> HOOKS = List.of("exec", "httpGet", "tcpSocket", "sleep");
  private static final Pattern HEADER = Pattern.compile("[-A-Za-z0-9]+");

  private ProbeRules() {}

  static void container(JsonNode container, String path, Report report) {
    for (String probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
      if (container.hasNonNull(probe)) {
        probe(container.path(probe), path + "." + probe, report);
        if (!probe.equals("readinessProbe")) {
          report.range(
              container.path(probe), path + "." + probe, "successThreshold", 1, 1, "must be 1");
        }
      }
    }
    for (String hook : List.of("postStart", "preStop")) {
      JsonNode handler = container.path("lifecycle").path(hook);
      if (handler.isObject()) {
        handler(handler, path + ".lifecycle." + hook, HOOKS, report);
      }
    }
  }

  private static void probe(JsonNode probe, String path, Report report) {
    handler(probe, path, PROBES, report);
    for (String field :
        List.of(
            "initialDelaySeconds",
            "timeoutSeconds",
            "periodSeconds",
            "successThreshold",
            "failureThreshold")) {
      report.notNegative(probe, path, field);
    }
    report.range(
        probe, path, "terminationGracePeriodSeconds", 1, Long.MAX_VALUE, "must be greater than 0");
  }

  private static void handler(JsonNode handler, String path, List<String> kinds, Report report) {
    List<String> given = Report.set(handler, kinds);
    if (given.isEmpty()) {
      report.required(path, "must specify a handler type");
      return;
    }
    for (String more : given.subList(1, given.size())) {
      report.forbidden(path + "." + more, "may not specify more than 1 handler type");
    }
    String kind = given.getFirst();
    JsonNode action = handler.path(kind);
    String at = path + "." + kind;
    switch (kind) {
      case "exec" -> {
        if (action.path("command").isEmpty()) {
          report.required(at + ".command");
        }
      }
      case "httpGet" -> http(action, at, report);
      case "sleep" -> report.notNegative(action, at, "seconds");
      default -> report.port(action.path("port"), at + ".port");
    }
  }

  private static void http(JsonNode get, String path, Report report) {
    report.text(get, path, "path");
    report.port(get.path("port"), path + ".port");
    report.oneOf(get, path, "scheme", List.of("HTTP", "HTTPS"));
    Report.each(
        get.path("httpHeaders"),
        path + ".httpHeaders",
        (header, at) -> {
          String name = header.path("name").asText("");
          if (!HEADER.matcher(name).matches()) {
            report.invalid(
                at + ".name",
                name,
                "a valid HTTP header must consist of alphanumeric characters or '-' (e.g."
                    + " 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')");
          }
        });
  }
}
