package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;
import io.berth.apiserver.cache.WatchCache;
import java.util.List;
import java.util.function.LongSupplier;

/** Roles and bindings of the watch cache: a write that the cache shows is in force. */
public final class CachedPolicies implements PolicySource {
  private static final List<GroupResource> KINDS =
      List.of(
              Resources.ROLES,
              Resources.CLUSTER_ROLES,
              Resources.ROLE_BINDINGS,
              Resources.CLUSTER_ROLE_BINDINGS)
          .stream()
          .map(ResourceDefinition::groupResource)
          .toList();

  private final WatchCache cache;
  private final LongSupplier changes;

  public CachedPolicies(WatchCache cache) {
    this.cache = cache;
    this.changes = cache.changes(KINDS);
  }

  @Override
  public long version() {
    return changes.getAsLong();
  }

  @Override
  public List<PolicyObject> objects(String plural) {
    if (!cache.ready()) {
      throw Errors.serviceUnavailable("the server is still starting");
    }
    GroupResource kind = new GroupResource(Resources.ROLES.group(), plural);
    return cache.list(kind, null).objects().stream().<PolicyObject>map(Cached::new).toList();
  }

  private record Cached(ApiObject object) implements PolicyObject {
    @Override
    public long revision() {
      return object.header().revision();
    }

    @Override
    public String namespace() {
      return object.key().namespace();
    }

    @Override
    public String name() {
      return object.key().name();
    }

    @Override
    public JsonNode tree() {
      return object.tree();
    }
  }
}
