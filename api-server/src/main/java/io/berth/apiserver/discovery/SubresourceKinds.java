package io.berth.apiserver.discovery;

import io.berth.api.resource.ResourceDefinition;
import java.util.Map;

/** The kind that a subresource takes and answers with, where it is not its resource's own. */
final class SubresourceKinds {
  record Gvk(String group, String version, String kind) {
    static Gvk of(ResourceDefinition resource) {
      return new Gvk(resource.group(), resource.version(), resource.kind());
    }
  }

  private static final Map<String, Gvk> KINDS =
      Map.of(
          "pods/binding", new Gvk("", "v1", "Binding"),
          "pods/exec", new Gvk("", "v1", "PodExecOptions"),
          "pods/attach", new Gvk("", "v1", "PodAttachOptions"),
          "pods/portforward", new Gvk("", "v1", "PodPortForwardOptions"),
          "pods/proxy", new Gvk("", "v1", "PodProxyOptions"),
          "pods/eviction", new Gvk("policy", "v1", "Eviction"),
          "services/proxy", new Gvk("", "v1", "ServiceProxyOptions"),
          "nodes/proxy", new Gvk("", "v1", "NodeProxyOptions"),
          "serviceaccounts/token", new Gvk("authentication.k8s.io", "v1", "TokenRequest"));

  private static final Gvk SCALE = new Gvk("autoscaling", "v1", "Scale");

  private SubresourceKinds() {}

  static Gvk of(ResourceDefinition resource, String subresource) {
    return subresource.equals("scale")
        ? SCALE
        : KINDS.getOrDefault(resource.plural() + "/" + subresource, Gvk.of(resource));
  }
}
