package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Text;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.server.Identity;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What an agent may not say of its own node: taints, once it is there, and labels by which others
 * decide what runs on it. Which objects an agent may write at all is the authorizer's.
 */
public final class NodeRestriction implements AdmissionStep {
  private static final String RESTRICTED = "node-restriction.kubernetes.io";

  /** Labels of Kubernetes' own that an agent sets. */
  private static final Set<String> OWN =
      Set.of(
          "kubernetes.io/hostname",
          "kubernetes.io/arch",
          "kubernetes.io/os",
          "beta.kubernetes.io/instance-type",
          "node.kubernetes.io/instance-type",
          "failure-domain.beta.kubernetes.io/region",
          "failure-domain.beta.kubernetes.io/zone",
          "topology.kubernetes.io/region",
          "topology.kubernetes.io/zone",
          "beta.kubernetes.io/arch",
          "beta.kubernetes.io/os",
          "node.kubernetes.io/windows-build");

  private static final List<String> OWN_DOMAINS =
      List.of("kubelet.kubernetes.io", "node.kubernetes.io");

  @Override
  public void validate(AdmissionRequest request) {
    Identity who = request.call().identity();
    ObjectNode node = request.object();
    if (node == null
        || !who.in(Identity.NODES)
        || !who.name().startsWith(Identity.NODE_PREFIX)
        || !request.key().resource().equals(Resources.NODES.groupResource())) {
      return;
    }
    String name = who.name().substring(Identity.NODE_PREFIX.length());
    ObjectNode old = request.old();
    SortedSet<String> changed = changed(labels(node), old == null ? null : labels(old));
    changed.removeIf(NodeRestriction::allowed);
    if (!changed.isEmpty()) {
      String words = old == null ? "to set the following labels: " : "to modify labels: ";
      throw refused(
          request,
          "is not allowed for node " + Text.quote(name) + " " + words + String.join(", ", changed));
    }
    if (old != null && !node.path("spec").path("taints").equals(old.path("spec").path("taints"))) {
      throw refused(request, "node " + Text.quote(name) + " is not allowed to modify taints");
    }
  }

  private static JsonNode labels(JsonNode node) {
    return node.path("metadata").path("labels");
  }

  private static SortedSet<String> changed(JsonNode now, @Nullable JsonNode before) {
    SortedSet<String> changed = new TreeSet<>();
    now.properties()
        .forEach(
            label -> {
              if (before == null || !label.getValue().equals(before.path(label.getKey()))) {
                changed.add(label.getKey());
              }
            });
    if (before != null) {
      before
          .fieldNames()
          .forEachRemaining(
              label -> {
                if (!now.has(label)) {
                  changed.add(label);
                }
              });
    }
    return changed;
  }

  /** Labels of others are free, those of Kubernetes are where an agent is their source. */
  private static boolean allowed(String label) {
    int slash = label.indexOf('/');
    String domain = slash < 0 ? "" : label.substring(0, slash);
    if (within(domain, RESTRICTED)) {
      return false;
    }
    return (!within(domain, "kubernetes.io") && !within(domain, "k8s.io"))
        || OWN.contains(label)
        || OWN_DOMAINS.stream().anyMatch(own -> within(domain, own));
  }

  private static boolean within(String domain, String of) {
    return domain.equals(of) || domain.endsWith("." + of);
  }

  private static ApiException refused(AdmissionRequest request, String why) {
    return Errors.forbidden(request.key().resource(), request.key().name(), why);
  }
}
