package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Pods and their templates. */
final class PodRules {
  private static final List<String> RESTARTS = List.of("Always", "OnFailure", "Never");
  private static final List<String> DNS =
      List.of("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None");

  private PodRules() {}

  static void pod(JsonNode pod, Report report) {
    spec(pod.path("spec"), "spec", report);
  }

  static void template(JsonNode template, String path, Report report) {
    MetadataRules.labels(
        template.path("metadata").path("labels"), path + ".metadata.labels", report);
    spec(template.path("spec"), path + ".spec", report);
  }

  static void spec(JsonNode spec, String path, Report report) {
    Set<String> volumes = VolumeRules.volumes(spec.path("volumes"), path + ".volumes", report);
    containers(spec, path, volumes, report);
    report.oneOf(spec, path, "restartPolicy", RESTARTS);
    dns(spec, path, report);
    numbers(spec, path, report);
    names(spec, path, report);
    SchedulingRules.check(spec, path, report);
    securityContext(spec, path, report);
    PodResourceRules.check(spec, path, report);
    ResourceRules.overhead(spec.path("overhead"), path + ".overhead", report);
    Report.each(
        spec.path("readinessGates"),
        path + ".readinessGates",
        (gate, at) -> report.text(gate, at, "conditionType", Names::qualifiedName));
  }

  private static void containers(JsonNode spec, String path, Set<String> volumes, Report report) {
    boolean hostNetwork = spec.path("hostNetwork").asBoolean();
    ContainerRules rules = new ContainerRules(volumes, hostNetwork, report);
    Set<String> names = new HashSet<>();
    JsonNode containers = spec.path("containers");
    String at = path + ".containers";
    if (containers.isEmpty()) {
      report.required(at);
    }
    Report.each(containers, at, rules::container);
    report.unique(containers, at, "name", names);
    JsonNode initial = spec.path("initContainers");
    Report.each(initial, path + ".initContainers", rules::initContainer);
    report.unique(initial, path + ".initContainers", "name", names);
    HostPorts.check(containers, at, report);
  }

  private static void dns(JsonNode spec, String path, Report report) {
    report.oneOf(spec, path, "dnsPolicy", DNS);
    JsonNode servers = spec.path("dnsConfig").path("nameservers");
    if (spec.path("dnsPolicy").asText("").equals("None") && servers.isEmpty()) {
      report.required(
          path + (spec.hasNonNull("dnsConfig") ? ".dnsConfig.nameservers" : ".dnsConfig"),
          "must provide at least one DNS nameserver when `dnsPolicy` is None");
    }
    for (int i = 0; i < servers.size(); i++) {
      EndpointRules.ip(servers.get(i), path + ".dnsConfig.nameservers[" + i + "]", report);
    }
    Report.each(
        spec.path("hostAliases"),
        path + ".hostAliases",
        (alias, at) -> EndpointRules.ip(alias.path("ip"), at + ".ip", report));
  }

  private static void numbers(JsonNode spec, String path, Report report) {
    report.notNegative(spec, path, "terminationGracePeriodSeconds");
    report.range(
        spec,
        path,
        "activeDeadlineSeconds",
        1,
        Integer.MAX_VALUE,
        "must be between 1 and 2147483647, inclusive");
  }

  private static void names(JsonNode spec, String path, Report report) {
    report.optional(spec, path, "nodeName", Names::dns1123Subdomain);
    report.optional(spec, path, "serviceAccountName", Names::dns1123Subdomain);
    report.optional(spec, path, "hostname", Names::dns1123Label);
    report.optional(spec, path, "subdomain", Names::dns1123Label);
    report.optional(spec, path, "runtimeClassName", Names::dns1123Subdomain);
    report.optional(spec, path, "priorityClassName", Names::dns1123Subdomain);
    MetadataRules.labels(spec.path("nodeSelector"), path + ".nodeSelector", report);
    report.oneOf(spec, path, "preemptionPolicy", List.of("Never", "PreemptLowerPriority"));
  }

  private static void securityContext(JsonNode spec, String path, Report report) {
    JsonNode context = spec.path("securityContext");
    for (String field : List.of("runAsUser", "runAsGroup", "fsGroup")) {
      ContainerRules.userId(context, path + ".securityContext", field, report);
    }
    if (spec.path("shareProcessNamespace").asBoolean() && spec.path("hostPID").asBoolean()) {
      report.add(
          FieldError.invalidRaw(
              path + ".shareProcessNamespace",
              "true",
              "ShareProcessNamespace and HostPID cannot both be enabled"));
    }
  }
}
