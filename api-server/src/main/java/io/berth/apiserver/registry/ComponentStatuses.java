package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;
import io.berth.apiserver.cache.WatchCache;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The health of what the API server stands on, as objects: made when they are asked for and stored
 * nowhere. The other parts of a cluster say how they are by their leases.
 */
final class ComponentStatuses {
  private static final ResourceDefinition RESOURCE = Resources.COMPONENT_STATUSES;
  private static final String STORE = "etcd-0";

  private final WatchCache cache;

  ComponentStatuses(WatchCache cache) {
    this.cache = cache;
  }

  static boolean serves(ResourceDefinition resource) {
    return resource.groupResource().equals(RESOURCE.groupResource());
  }

  List<ApiObject> all() {
    return List.of(status(STORE, cache.health()));
  }

  /** All, as a page of a list; it has no revision. */
  Reads.Page page() {
    return new Reads.Page(all(), 0, null, -1);
  }

  /**
   * @throws io.berth.api.transport.ApiException 404 where there is no component of that name
   */
  Stored get(String name) {
    return all().stream()
        .filter(status -> status.key().name().equals(name))
        .map(Stored::of)
        .findFirst()
        .orElseThrow(() -> Errors.notFound(RESOURCE.groupResource(), name));
  }

  private static ApiObject status(String name, @Nullable String fault) {
    ObjectNode object =
        Json.object().put("kind", RESOURCE.kind()).put("apiVersion", RESOURCE.apiVersion());
    object.putObject("metadata").put("name", name);
    ObjectNode condition = object.putArray("conditions").addObject().put("type", "Healthy");
    if (fault == null) {
      condition.put("status", "True").put("message", "ok");
    } else {
      condition.put("status", "False").put("error", fault);
    }
    byte[] json = Json.bytes(object);
    return new ApiObject(Headers.read(RESOURCE, json, 0), json);
  }
}
