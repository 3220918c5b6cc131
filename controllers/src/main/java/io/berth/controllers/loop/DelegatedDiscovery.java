package io.berth.controllers.loop;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Scope;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.client.ApiClient;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What further API servers serve, by discovery. What was read is kept, and read again only once it
 * has changed. Safe for use by many threads.
 */
public final class DelegatedDiscovery {
  private static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  /**
   * What was found.
   *
   * @param resources each once, in the version that its server prefers
   * @param unknown group versions of servers that are not reached, of which nothing can be said
   */
  public record Found(List<ResourceDefinition> resources, List<String> unknown) {
    static final Found NOTHING = new Found(List.of(), List.of());

    public Found {
      resources = List.copyOf(resources);
      unknown = List.copyOf(unknown);
    }
  }

  private final ApiClient client;
  private String tag = "";
  private Found all = Found.NOTHING;

  public DelegatedDiscovery(ApiClient client) {
    this.client = client;
  }

  /**
   * @param known what is served without them
   * @throws ApiException discovery is not answered
   */
  public Found find(List<ResourceDefinition> known) {
    Found now = read();
    Set<GroupResource> seen = new HashSet<>();
    known.forEach(resource -> seen.add(resource.groupResource()));
    return new Found(
        now.resources().stream().filter(one -> seen.add(one.groupResource())).toList(),
        now.unknown());
  }

  private synchronized Found read() {
    ApiRequest request = ApiRequest.get("/apis").withHeader("accept", AGGREGATED);
    try {
      ApiResponse response =
          client.send(tag.isEmpty() ? request : request.withHeader("if-none-match", tag));
      String now = response.header("etag");
      all = found(Json.parse(response.body()));
      tag = now == null ? "" : now;
    } catch (ApiException e) {
      if (e.isNotFound()) {
        return Found.NOTHING;
      }
      if (e.code() != 304) {
        throw e;
      }
    }
    return all;
  }

  private static Found found(JsonNode groups) {
    List<ResourceDefinition> resources = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    for (JsonNode group : groups.path("items")) {
      String name = group.path("metadata").path("name").asText();
      for (JsonNode version : group.path("versions")) {
        String number = version.path("version").asText();
        if (version.path("freshness").asText().equals("Stale")) {
          unknown.add(name + "/" + number);
          continue;
        }
        version
            .path("resources")
            .forEach(resource -> resources.add(definition(name, number, resource)));
      }
    }
    return new Found(resources, unknown);
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
