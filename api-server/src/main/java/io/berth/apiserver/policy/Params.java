package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.LabelSelector;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.server.ServedResources;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The objects that bindings hand to policies as parameters. */
final class Params {
  private final WatchCache cache;
  private final ServedResources served;

  Params(WatchCache cache, ServedResources served) {
    this.cache = cache;
    this.served = served;
  }

  /** Which parameters there are, or why there are none although there should be. */
  record Found(List<JsonNode> objects, String missing) {}

  /**
   * @param paramKind of the policy
   * @param paramRef of the binding
   */
  Found find(JsonNode paramKind, JsonNode paramRef, Attributes attributes) {
    Optional<ResourceDefinition> resource = resource(paramKind);
    if (resource.isEmpty()) {
      return new Found(
          List.of(),
          "failed to configure policy: failed to find resource referenced by paramKind: '"
              + paramKind.path("apiVersion").asText()
              + ", Kind="
              + paramKind.path("kind").asText()
              + "'");
    }
    String namespace = "";
    if (resource.get().namespaced()) {
      namespace = paramRef.path("namespace").asText("");
      namespace = namespace.isEmpty() ? attributes.namespace() : namespace;
      if (namespace.isEmpty()) {
        return new Found(
            List.of(),
            "failed to configure binding: cannot use namespaced paramRef in policy binding that"
                + " matches cluster-scoped resources");
      }
    }
    List<JsonNode> objects = new ArrayList<>();
    String name = paramRef.path("name").asText("");
    if (!name.isEmpty()) {
      cache
          .find(ObjectKey.of(resource.get().storedResource(), namespace, name))
          .ifPresent(object -> objects.add(object.tree()));
    } else {
      LabelSelector selector = LabelSelector.of(paramRef.path("selector"));
      for (ApiObject object :
          cache
              .list(resource.get().storedResource(), namespace.isEmpty() ? null : namespace)
              .objects()) {
        if (selector.matches(object.header().labels())) {
          objects.add(object.tree());
        }
      }
    }
    return new Found(
        objects,
        objects.isEmpty()
            ? "failed to configure binding: no params found for policy binding with `"
                + paramRef.path("parameterNotFoundAction").asText("Deny")
                + "` parameterNotFoundAction"
            : "");
  }

  private Optional<ResourceDefinition> resource(JsonNode paramKind) {
    return served.snapshot().all().stream()
        .filter(r -> r.kind().equals(paramKind.path("kind").asText()))
        .filter(r -> r.apiVersion().equals(paramKind.path("apiVersion").asText()))
        .findFirst();
  }
}
