package io.berth.controllers.namespace;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Scope;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.client.ApiClient;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What further API servers serve, by discovery.
 *
 * @param resources those that lie in namespaces
 * @param unknown group versions of servers that are not reached, of which nothing can be said
 */
record DelegatedResources(List<ResourceDefinition> resources, List<String> unknown) {
  private static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  DelegatedResources {
    resources = List.copyOf(resources);
    unknown = List.copyOf(unknown);
  }

  /**
   * @param known what is served without them
   * @throws ApiException discovery is not answered
   */
  static DelegatedResources find(ApiClient client, List<ResourceDefinition> known) {
    Set<GroupResource> own = new HashSet<>();
    known.forEach(resource -> own.add(resource.groupResource()));
    JsonNode groups;
    try {
      ApiRequest request = ApiRequest.get("/apis").withHeader("accept", AGGREGATED);
      groups = Json.parse(client.send(request).body());
    } catch (ApiException e) {
      if (e.isNotFound()) {
        return new DelegatedResources(List.of(), List.of());
      }
      throw e;
    }
    List<ResourceDefinition> resources = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    for (JsonNode group : groups.path("items")) {
      String name = group.path("metadata").path("name").asText();
      for (JsonNode version : group.path("versions")) {
        if (version.path("freshness").asText().equals("Stale")) {
          unknown.add(name + "/" + version.path("version").asText());
          continue;
        }
        for (JsonNode resource : version.path("resources")) {
          ResourceDefinition one = definition(name, version.path("version").asText(), resource);
          if (one.namespaced() && own.add(one.groupResource())) {
            resources.add(one);
          }
        }
      }
    }
    return new DelegatedResources(resources, unknown);
  }

  private static ResourceDefinition definition(String group, String version, JsonNode resource) {
    Set<String> verbs = new TreeSet<>();
    resource.path("verbs").forEach(verb -> verbs.add(verb.asText()));
    return new ResourceDefinition(
        group,
        version,
        resource.path("resource").asText(),
        resource.path("singularResource").asText(),
        resource.path("responseKind").path("kind").asText(),
        resource.path("scope").asText().equals("Namespaced") ? Scope.NAMESPACED : Scope.CLUSTER,
        List.of(),
        List.of(),
        new TreeSet<>(verbs),
        new TreeMap<>(),
        List.of(),
        null,
        null);
  }
}
