package io.berth.apiserver.registry;

import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import java.util.Map;

/** Each kind's strategy; {@link Strategy#PLAIN} for a kind without rules of its own. */
public final class Strategies {
  private final Map<GroupResource, Strategy> byResource;

  public Strategies(Map<GroupResource, Strategy> byResource) {
    this.byResource = Map.copyOf(byResource);
  }

  Strategy of(ResourceDefinition resource) {
    return byResource.getOrDefault(resource.storedResource(), Strategy.PLAIN);
  }
}
