package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.OtherVersions;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.schema.Schemas;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.Versions;
import java.util.Optional;

/** The versions of a built-in resource that is served in several. Without state. */
record BuiltInVersions(Strategy strategy, ResourceDefinition resource) implements OtherVersions {
  @Override
  public Optional<Version> find(String apiVersion) {
    return definition(apiVersion)
        .map(
            wanted ->
                new Version(Schemas.forResource(wanted), object -> converted(object, wanted)));
  }

  private Optional<ResourceDefinition> definition(String apiVersion) {
    return Resources.find(apiVersion, resource.kind())
        .filter(found -> found.storedResource().equals(resource.storedResource()));
  }

  private ObjectNode converted(ObjectNode object, ResourceDefinition wanted) {
    ResourceDefinition given = definition(object.path("apiVersion").asText()).orElseThrow();
    if (given.equals(wanted)) {
      return object;
    }
    Versions from = strategy.versions(given);
    Versions to = strategy.versions(wanted);
    return to.requested(to.opened(from.stored(from.ruled(object))));
  }
}
