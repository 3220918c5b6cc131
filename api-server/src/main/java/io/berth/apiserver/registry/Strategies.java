package io.berth.apiserver.registry;

import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.TypeRef;
import io.berth.api.transport.Errors;
import java.util.Map;

/**
 * Each kind's strategy; {@link Strategy#PLAIN} for a built-in kind without rules of its own. Those
 * of custom resources come and go. Safe for use by many threads.
 */
public final class Strategies {
  /** One version of a custom resource. */
  public record CustomKey(GroupResource resource, String version) {}

  private final Map<GroupResource, Strategy> byResource;
  private volatile Map<CustomKey, Strategy> custom = Map.of();

  public Strategies(Map<GroupResource, Strategy> byResource) {
    this.byResource = Map.copyOf(byResource);
  }

  /** From now on these are the rules of custom resources, and no others. */
  public void replaceCustom(Map<CustomKey, Strategy> strategies) {
    custom = Map.copyOf(strategies);
  }

  /** Brings an object that somebody outside of its kind's rules changed into its form again. */
  public void complete(AdmissionRequest request) {
    ResourceDefinition resource = request.call().info().resource();
    Strategy strategy = of(resource);
    if (request.object() != null) {
      strategy.applyDefaults(strategy.ruledBy(resource), request.object());
    }
  }

  /**
   * @throws io.berth.api.transport.ApiException 404 where the resource was custom and is gone
   */
  Strategy of(ResourceDefinition resource) {
    if (resource.schema() instanceof TypeRef.Custom) {
      Strategy known = custom.get(new CustomKey(resource.groupResource(), resource.version()));
      if (known == null) {
        throw Errors.noSuchPath();
      }
      return known;
    }
    return byResource.getOrDefault(resource.storedResource(), Strategy.PLAIN);
  }
}
