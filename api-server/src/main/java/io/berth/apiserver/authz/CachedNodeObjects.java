package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.apiserver.cache.WatchCache;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads pods from the watch cache. What a pod uses is looked up when an agent asks: it asks once a
 * pod's start, and only the pods of one node and namespace are read for it.
 */
public final class CachedNodeObjects implements NodeObjects {
  private static final GroupResource PODS = Resources.PODS.groupResource();
  private static final String NODE_NAME = "spec.nodeName";

  private final WatchCache cache;

  public CachedNodeObjects(WatchCache cache) {
    this.cache = cache;
  }

  @Override
  public @Nullable String nodeOf(String namespace, String pod) {
    return cache.find(ObjectKey.of(PODS, namespace, pod)).map(CachedNodeObjects::node).orElse(null);
  }

  private static String node(ApiObject pod) {
    return pod.header().fields().getOrDefault(NODE_NAME, "");
  }

  @Override
  public boolean usedOn(String node, String resource, String namespace, String name) {
    for (ApiObject pod : cache.list(PODS, namespace).objects()) {
      if (node(pod).equals(node) && uses(pod.tree(), resource, name)) {
        return true;
      }
    }
    return false;
  }

  static boolean uses(JsonNode pod, String resource, String name) {
    JsonNode spec = pod.path("spec");
    return switch (resource) {
      case "configmaps" ->
          names(spec, Set.of("configMap", "configMapKeyRef", "configMapRef"), "name", name)
              || name.equals("kube-root-ca.crt");
      case "secrets" ->
          names(spec, Set.of("secretKeyRef", "secretRef", "secret"), "name", name)
              || names(spec, Set.of("secret"), "secretName", name)
              || listed(spec.path("imagePullSecrets"), name);
      case "persistentvolumeclaims" ->
          names(spec, Set.of("persistentVolumeClaim"), "claimName", name);
      case "serviceaccounts" -> spec.path("serviceAccountName").asText().equals(name);
      default -> false;
    };
  }

  private static boolean listed(JsonNode references, String name) {
    for (JsonNode reference : references) {
      if (reference.path("name").asText().equals(name)) {
        return true;
      }
    }
    return false;
  }

  /** Whether, anywhere below, one of the parents has a field of that name and value. */
  private static boolean names(JsonNode node, Set<String> parents, String field, String value) {
    for (String parent : parents) {
      if (node.path(parent).path(field).asText().equals(value)) {
        return true;
      }
    }
    for (JsonNode child : node) {
      if (child.isContainerNode() && names(child, parents, field, value)) {
        return true;
      }
    }
    return false;
  }
}
