package io.berth.apiserver.admission.security;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Holds pods against the levels that their namespace's labels name: refuses what is not allowed,
 * and warns of what would not be. Objects that make pods are warned of, never refused.
 */
public final class PodSecurity implements AdmissionStep {
  private static final String PREFIX = "pod-security.kubernetes.io/";
  private static final List<String> MODES = List.of("enforce", "audit", "warn");
  private static final Pattern VERSION = Pattern.compile("latest|v1\\.[0-9]{1,3}");
  private static final GroupResource PODS = Resources.PODS.groupResource();
  private static final GroupResource NAMESPACES = Resources.NAMESPACES.groupResource();

  /** Subresources of pods that change nothing that is checked. */
  private static final Set<String> UNCHECKED = Set.of("status", "binding", "resize", "eviction");

  /** Where the template of a kind's pods stands. */
  private static final Map<String, String> TEMPLATES =
      Map.of(
          "podtemplates", "/template",
          "replicationcontrollers", "/spec/template",
          "replicasets.apps", "/spec/template",
          "deployments.apps", "/spec/template",
          "statefulsets.apps", "/spec/template",
          "daemonsets.apps", "/spec/template",
          "jobs.batch", "/spec/template",
          "cronjobs.batch", "/spec/jobTemplate/spec/template");

  private final ObjectStore objects;

  public PodSecurity(ObjectStore objects) {
    this.objects = objects;
  }

  @Override
  public void validate(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null) {
      return;
    }
    GroupResource resource = request.key().resource();
    if (resource.equals(PODS)) {
      pod(request, object);
    } else if (resource.equals(NAMESPACES)) {
      namespace(request, object);
    } else if (TEMPLATES.containsKey(resource.toString())) {
      template(request, object, object.at(TEMPLATES.get(resource.toString())));
    }
  }

  private void pod(AdmissionRequest request, ObjectNode pod) {
    ObjectNode old = request.old();
    if (UNCHECKED.contains(request.call().info().subresource())
        || (old != null && old.path("spec").equals(pod.path("spec")))) {
      return;
    }
    JsonNode labels = labels(request.key().namespace());
    if (labels.isEmpty()) {
      return;
    }
    Level enforced = level(labels, "enforce");
    String broken = Standards.violations(enforced, pod.path("metadata"), pod.path("spec"));
    if (!broken.isEmpty()) {
      throw Errors.forbidden(
          PODS,
          request.key().name(),
          "violates PodSecurity \"" + shown(labels, "enforce", enforced) + "\": " + broken);
    }
    warn(request, labels, pod.path("metadata"), pod.path("spec"));
  }

  private void template(AdmissionRequest request, ObjectNode object, JsonNode template) {
    ObjectNode old = request.old();
    if (request.call().info().hasSubresource()
        || !template.isObject()
        || (old != null && old.path("spec").equals(object.path("spec")))) {
      return;
    }
    JsonNode labels = labels(request.key().namespace());
    if (!labels.isEmpty()) {
      warn(request, labels, template.path("metadata"), template.path("spec"));
    }
  }

  private static void warn(
      AdmissionRequest request, JsonNode labels, JsonNode metadata, JsonNode spec) {
    Level warned = level(labels, "warn");
    String broken = Standards.violations(warned, metadata, spec);
    if (!broken.isEmpty()) {
      request
          .call()
          .warnings()
          .add("would violate PodSecurity \"" + shown(labels, "warn", warned) + "\": " + broken);
    }
  }

  private JsonNode labels(String namespace) {
    return objects
        .find(ObjectKey.of(NAMESPACES, "", namespace))
        .map(found -> found.tree().path("metadata").path("labels"))
        .filter(PodSecurity::concern)
        .orElseGet(() -> MissingNode.getInstance());
  }

  private static boolean concern(JsonNode labels) {
    return labels.properties().stream().anyMatch(label -> label.getKey().startsWith(PREFIX));
  }

  /** A level that nobody knows is the strictest. */
  private static Level level(JsonNode labels, String mode) {
    String name = labels.path(PREFIX + mode).asText("");
    if (name.isEmpty()) {
      return Level.PRIVILEGED;
    }
    Level level = Level.of(name);
    return level == null ? Level.RESTRICTED : level;
  }

  private static String shown(JsonNode labels, String mode, Level level) {
    String version = labels.path(PREFIX + mode + "-version").asText("");
    return level.text() + ":" + (version.isEmpty() ? "latest" : version);
  }

  private void namespace(AdmissionRequest request, ObjectNode namespace) {
    if (request.call().info().hasSubresource()) {
      return;
    }
    JsonNode labels = namespace.path("metadata").path("labels");
    ObjectNode old = request.old();
    if (old != null && old.path("metadata").path("labels").equals(labels)) {
      return;
    }
    List<FieldError> errors = new ArrayList<>();
    for (String mode : MODES) {
      check(labels, PREFIX + mode, errors);
    }
    if (!errors.isEmpty()) {
      throw Errors.invalid(Resources.NAMESPACES, request.key().name(), errors);
    }
    Level level = level(labels, "enforce");
    if (old != null && level.compareTo(levelOf(old)) > 0) {
      warnOfPods(request, shown(labels, "enforce", level), level);
    }
  }

  private static Level levelOf(ObjectNode namespace) {
    return level(namespace.path("metadata").path("labels"), "enforce");
  }

  private static void check(JsonNode labels, String label, List<FieldError> errors) {
    String level = labels.path(label).asText("");
    if (labels.has(label) && Level.of(level) == null) {
      errors.add(
          FieldError.invalid(
              "metadata.labels[" + label + "]",
              level,
              "must be one of privileged, baseline, restricted"));
    }
    String version = labels.path(label + "-version").asText("");
    if (labels.has(label + "-version") && !VERSION.matcher(version).matches()) {
      errors.add(
          FieldError.invalid(
              "metadata.labels[" + label + "-version]", version, "must be \"latest\" or \"v1.x\""));
    }
  }

  /** Pods that are there stay; whoever makes the level stricter hears of those that break it. */
  private void warnOfPods(AdmissionRequest request, String shown, Level level) {
    List<String> lines = new ArrayList<>();
    for (var pod : objects.list(PODS, request.key().name())) {
      JsonNode tree = pod.tree();
      String broken = Standards.violations(level, tree.path("metadata"), tree.path("spec"));
      if (!broken.isEmpty()) {
        lines.add(pod.key().name() + ": " + reasons(broken));
      }
    }
    if (!lines.isEmpty()) {
      List<String> warnings = request.call().warnings();
      warnings.add(
          "existing pods in namespace \""
              + request.key().name()
              + "\" violate the new PodSecurity enforce level \""
              + shown
              + "\"");
      lines.stream().sorted().forEach(warnings::add);
    }
  }

  /** The reasons without their details. */
  private static String reasons(String broken) {
    return broken.replaceAll(" \\([^)]*\\)", "");
  }
}
