package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.resource.CustomResources;
import io.berth.api.resource.ResourceDefinition;
import io.berth.apiserver.registry.Strategies.CustomKey;
import io.berth.apiserver.registry.Strategy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A definition, ready to serve requests by. Immutable.
 *
 * @param revision of the definition that this was made of
 * @param crd the definition
 * @param resources every served version
 * @param strategies the rules of each
 */
record CustomKind(
    long revision,
    JsonNode crd,
    List<ResourceDefinition> resources,
    Map<CustomKey, Strategy> strategies) {
  /**
   * @throws IllegalArgumentException the definition is not one that validation lets pass
   */
  static CustomKind of(long revision, JsonNode crd, Function<JsonNode, Conversion> conversions) {
    List<ResourceDefinition> resources = CustomResources.served(crd);
    boolean terminating = crd.path("metadata").hasNonNull("deletionTimestamp");
    Conversion conversion = conversions.apply(crd);
    Map<CustomKey, Strategy> strategies = new LinkedHashMap<>();
    List<ResourceDefinition> ruled = new ArrayList<>(resources);
    ruled.add(CustomResources.stored(crd)); // also where it is not served: its objects are deleted
    Map<String, CustomVersion> versions = new LinkedHashMap<>();
    for (ResourceDefinition resource : ruled) {
      versions.put(
          resource.apiVersion(), CustomVersion.of(resource, version(crd, resource.version())));
    }
    for (CustomVersion version : versions.values()) {
      ResourceDefinition resource = version.resource();
      strategies.put(
          new CustomKey(resource.groupResource(), resource.version()),
          new CustomStrategy(version, conversion, versions, terminating));
    }
    return new CustomKind(revision, crd, resources, strategies);
  }

  private static JsonNode version(JsonNode crd, String name) {
    for (JsonNode version : crd.path("spec").path("versions")) {
      if (version.path("name").asText().equals(name)) {
        return version;
      }
    }
    throw new IllegalArgumentException("no version " + name);
  }
}
