package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** One container of a pod, in front of the pod's volumes. */
final class ContainerRules {
  private static final List<String> PROTOCOLS = List.of("SCTP", "TCP", "UDP");
  private static final long MAX_USER_ID = 0xffffffffL;

  private final Set<String> volumes;
  private final boolean hostNetwork;
  private final Report report;

  ContainerRules(Set<String> volumes, boolean hostNetwork, Report report) {
    this.volumes = volumes;
    this.hostNetwork = hostNetwork;
    this.report = report;
  }

  void container(JsonNode container, String path) {
    common(container, path);
    ProbeRules.container(container, path, report);
  }

  /** Runs to its end before the others start, unless it restarts always: then it stays beside. */
  void initContainer(JsonNode container, String path) {
    common(container, path);
    if (container.path("restartPolicy").asText("").equals("Always")) {
      ProbeRules.container(container, path, report);
      return;
    }
    for (String field : List.of("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")) {
      if (container.hasNonNull(field)) {
        report.forbidden(
            path + "." + field, "may not be set for init containers without restartPolicy=Always");
      }
    }
  }

  private void common(JsonNode container, String path) {
    report.text(container, path, "name", Names::dns1123Label);
    image(container, path);
    ports(container.path("ports"), path + ".ports");
    EnvironmentRules.check(container, path, report);
    mounts(container.path("volumeMounts"), path + ".volumeMounts");
    report.oneOf(container, path, "imagePullPolicy", List.of("Always", "IfNotPresent", "Never"));
    report.oneOf(
        container, path, "terminationMessagePolicy", List.of("FallbackToLogsOnError", "File"));
    report.oneOf(container, path, "restartPolicy", List.of("Always", "Never", "OnFailure"));
    ResourceRules.container(container.path("resources"), path + ".resources", report);
    securityContext(container.path("securityContext"), path + ".securityContext");
  }

  private void image(JsonNode container, String path) {
    String image = report.text(container, path, "image");
    if (image != null && !image.equals(image.strip())) {
      report.invalid(path + ".image", image, "must not have leading or trailing whitespace");
    }
  }

  private void ports(JsonNode ports, String path) {
    report.unique(ports, path, "name");
    Report.each(ports, path, this::port);
  }

  private void port(JsonNode port, String path) {
    report.optional(port, path, "name", Names::portName);
    int number = port.path("containerPort").asInt(0);
    if (number == 0) {
      report.required(path + ".containerPort");
    }
    report.range(port, path, "containerPort", 0, 65_535, Report.PORT_RANGE);
    report.range(port, path, "hostPort", 0, 65_535, Report.PORT_RANGE);
    int host = port.path("hostPort").asInt(0);
    if (hostNetwork && host != 0 && host != number) {
      report.add(
          FieldError.invalid(
              path + ".hostPort", host, "must match `containerPort` when `hostNetwork` is true"));
    }
    report.oneOf(port, path, "protocol", PROTOCOLS);
  }

  private void mounts(JsonNode mounts, String path) {
    Set<String> paths = new HashSet<>();
    Report.each(
        mounts,
        path,
        (mount, at) -> {
          String name = report.text(mount, at, "name");
          if (name != null && !volumes.contains(name)) {
            report.add(FieldError.notFound(at + ".name", name));
          }
          String where = report.text(mount, at, "mountPath");
          if (where != null && !paths.add(where)) {
            report.invalid(at + ".mountPath", where, "must be unique");
          }
          mount(mount, at);
        });
  }

  private void mount(JsonNode mount, String path) {
    for (String field : List.of("subPath", "subPathExpr")) {
      VolumeRules.relative(mount.path(field).asText(""), path + "." + field, report);
    }
    if (mount.hasNonNull("subPath") && mount.hasNonNull("subPathExpr")) {
      report.invalid(
          path + ".subPathExpr",
          mount.path("subPathExpr").asText(""),
          "subPathExpr and subPath are mutually exclusive");
    }
    report.oneOf(
        mount, path, "mountPropagation", List.of("Bidirectional", "HostToContainer", "None"));
  }

  private void securityContext(JsonNode context, String path) {
    userId(context, path, "runAsUser", report);
    userId(context, path, "runAsGroup", report);
    JsonNode escalation = context.path("allowPrivilegeEscalation");
    if (escalation.isBoolean() && !escalation.asBoolean()) {
      if (context.path("privileged").asBoolean()) {
        report.add(
            FieldError.invalidRaw(
                path,
                context.toString(),
                "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"));
      }
      for (JsonNode capability : context.path("capabilities").path("add")) {
        if (capability.asText("").equals("CAP_SYS_ADMIN")) {
          report.add(
              FieldError.invalidRaw(
                  path,
                  context.toString(),
                  "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add`"
                      + " CAP_SYS_ADMIN"));
        }
      }
    }
  }

  static void userId(JsonNode context, String path, String field, Report report) {
    report.range(
        context, path, field, 0, MAX_USER_ID, "must be between 0 and 4294967295, inclusive");
  }
}
