package io.berth.apiserver.admission.security;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.ObjectStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Holds pods against the levels that their namespace's labels name: refuses what is not allowed,
 * and warns of what would not be. Objects that make pods are warned of, never refused.
 */
public final class PodSecurity implements AdmissionStep {
  private static final List<String> MODES = List.of("enforce", "audit", "warn");
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
    Map<String, String> labels = labels(request.key().namespace());
    Standard enforced = Standard.enforced(labels);
    String broken = broken(enforced, pod);
    if (!broken.isEmpty()) {
      throw Errors.forbidden(
          PODS, request.key().name(), "violates PodSecurity \"" + enforced + "\": " + broken);
    }
    warn(request, Standard.warned(labels), pod);
  }

  private void template(AdmissionRequest request, ObjectNode object, JsonNode template) {
    ObjectNode old = request.old();
    if (request.call().info().hasSubresource()
        || !template.isObject()
        || (old != null && old.path("spec").equals(object.path("spec")))) {
      return;
    }
    warn(request, Standard.warned(labels(request.key().namespace())), template);
  }

  private static void warn(AdmissionRequest request, Standard warned, JsonNode pod) {
    String broken = broken(warned, pod);
    if (!broken.isEmpty()) {
      request.call().warnings().add("would violate PodSecurity \"" + warned + "\": " + broken);
    }
  }

  private static String broken(Standard standard, JsonNode pod) {
    return standard.level() == Level.PRIVILEGED
        ? ""
        : Standards.violations(standard, pod.path("metadata"), pod.path("spec")).stream()
            .map(Violation::toString)
            .collect(Collectors.joining(", "));
  }

  private Map<String, String> labels(String namespace) {
    return objects.labels(ObjectKey.of(NAMESPACES, "", namespace));
  }

  private void namespace(AdmissionRequest request, ObjectNode namespace) {
    if (request.call().info().hasSubresource()) {
      return;
    }
    JsonNode labels = namespace.path("metadata").path("labels");
    ObjectNode old = request.old();
    JsonNode before = old == null ? MissingNode.getInstance() : old.path("metadata").path("labels");
    if (before.equals(labels)) {
      return;
    }
    List<FieldError> errors = errors(labels);
    if (!errors.isEmpty() && !errors.equals(errors(before))) {
      throw Errors.invalid(Resources.NAMESPACES, request.key().name(), errors);
    }
    if (old != null) {
      Standard next = Standard.enforced(Meta.labels(namespace));
      if (mayRefuseMore(Standard.enforced(Meta.labels(old)), next)) {
        warnOfPods(request, next);
      }
    }
  }

  private static boolean mayRefuseMore(Standard before, Standard next) {
    return next.level() != Level.PRIVILEGED
        && (next.minor() != before.minor() || next.level().compareTo(before.level()) > 0);
  }

  private static List<FieldError> errors(JsonNode labels) {
    List<FieldError> errors = new ArrayList<>();
    for (String mode : MODES) {
      check(labels, Standard.label(mode), errors);
    }
    return errors;
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
    if (labels.has(label + "-version") && Standard.minor(version) == null) {
      errors.add(
          FieldError.invalid(
              "metadata.labels[" + label + "-version]", version, "must be \"latest\" or \"v1.x\""));
    }
  }

  /**
   * Pods that are there stay; whoever makes the level stricter hears of those that break it: one
   * for all that break the same rules.
   */
  private void warnOfPods(AdmissionRequest request, Standard standard) {
    Map<String, List<String>> byReasons = new TreeMap<>();
    for (ApiObject pod : objects.list(PODS, request.key().name())) {
      JsonNode tree = pod.tree();
      List<Violation> broken =
          Standards.violations(standard, tree.path("metadata"), tree.path("spec"));
      if (!broken.isEmpty()) {
        String reasons = broken.stream().map(Violation::reason).collect(Collectors.joining(", "));
        byReasons.computeIfAbsent(reasons, r -> new ArrayList<>()).add(pod.key().name());
      }
    }
    if (byReasons.isEmpty()) {
      return;
    }
    List<String> warnings = request.call().warnings();
    warnings.add(
        "existing pods in namespace \""
            + request.key().name()
            + "\" violate the new PodSecurity enforce level \""
            + standard
            + "\"");
    byReasons.entrySet().stream()
        .map(entry -> some(entry.getValue()) + ": " + entry.getKey())
        .sorted()
        .forEach(warnings::add);
  }

  private static String some(List<String> pods) {
    int others = pods.size() - 1;
    String first = Collections.min(pods);
    return switch (others) {
      case 0 -> first;
      case 1 -> first + " (and 1 other pod)";
      default -> first + " (and " + others + " other pods)";
    };
  }
}
