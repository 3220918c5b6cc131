package io.berth.scheduler.gang;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;

/**
 * A pod group as the scheduler knows it. Immutable.
 *
 * @param key namespace and name
 * @param minCount how many of its pods must be placed at once; 0 where each is placed alone
 * @param topologyKey the node label of which all of its nodes must share a value; empty for none
 */
public record PodGroupRecord(String key, int minCount, String topologyKey) {
  public static PodGroupRecord of(ApiObject group) {
    JsonNode spec = group.treeWithoutOwners().path("spec");
    return new PodGroupRecord(
        group.key().namespacedName(),
        spec.path("schedulingPolicy").path("gang").path("minCount").asInt(0),
        spec.path("schedulingConstraints").path("topology").path(0).path("key").asText(""));
  }

  public boolean isGang() {
    return minCount > 0;
  }
}
