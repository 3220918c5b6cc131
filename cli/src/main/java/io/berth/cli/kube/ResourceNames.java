package io.berth.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.resource.Scope;
import io.berth.api.transport.ApiRequest;
import io.berth.cli.CommandException;
import io.berth.client.ApiClient;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds the resource that a word on the command line names: plural, singular, kind or short name,
 * with or without group. Built-in ones are known; others are asked of the server's discovery.
 */
final class ResourceNames {
  /** A resource and, where given, an object's name. */
  record Target(ResourceDefinition resource, @Nullable String name) {}

  private final ApiClient client;
  private @Nullable List<ResourceDefinition> discovered;

  ResourceNames(ApiClient client) {
    this.client = client;
  }

  /** Reads {@code pods}, {@code pods,deploy}, {@code pod x y} or {@code pod/x deploy/y}. */
  List<Target> targets(List<String> words) {
    if (words.isEmpty()) {
      throw new CommandException("name a resource, such as 'pods' or 'deploy/web'");
    }
    List<Target> targets = new ArrayList<>();
    if (words.getFirst().contains("/")) {
      for (String word : words) {
        String[] parts = word.split("/", 2);
        if (parts.length < 2 || parts[1].isEmpty()) {
          throw new CommandException(
              "'" + word + "': expected RESOURCE/NAME like the words before it");
        }
        targets.add(new Target(resource(parts[0]), parts[1]));
      }
      return targets;
    }
    for (String word : words.getFirst().split(",")) {
      for (ResourceDefinition resource : resources(word)) {
        if (words.size() == 1) {
          targets.add(new Target(resource, null));
        }
        words.stream().skip(1).forEach(name -> targets.add(new Target(resource, name)));
      }
    }
    return targets;
  }

  /** The resources of a word, which may be a category such as {@code all}. */
  private List<ResourceDefinition> resources(String word) {
    List<ResourceDefinition> ofCategory =
        Resources.all().stream().filter(r -> r.categories().contains(word)).toList();
    return ofCategory.isEmpty() ? List.of(resource(word)) : ofCategory;
  }

  ResourceDefinition resource(String word) {
    return match(Resources.all(), word)
        .or(() -> match(discovered(), word))
        .orElseThrow(
            () -> new CommandException("the server doesn't have a resource type \"" + word + "\""));
  }

  ResourceDefinition resource(String apiVersion, String kind) {
    return Resources.find(apiVersion, kind)
        .or(
            () ->
                discovered().stream()
                    .filter(r -> r.kind().equals(kind) && r.apiVersion().equals(apiVersion))
                    .findFirst())
        .orElseThrow(
            () ->
                new CommandException(
                    "no matches for kind \"" + kind + "\" in version \"" + apiVersion + "\""));
  }

  private static Optional<ResourceDefinition> match(List<ResourceDefinition> among, String word) {
    String wanted = word.toLowerCase(Locale.ROOT);
    return among.stream().filter(r -> matches(r, wanted)).findFirst();
  }

  private static boolean matches(ResourceDefinition resource, String word) {
    int dot = word.indexOf('.');
    String name = dot < 0 ? word : word.substring(0, dot);
    boolean sameGroup = dot < 0 || word.substring(dot + 1).equals(resource.group());
    return sameGroup
        && (resource.plural().equals(name)
            || resource.singular().equals(name)
            || resource.shortNames().contains(name));
  }

  private List<ResourceDefinition> discovered() {
    List<ResourceDefinition> known = discovered;
    if (known == null) {
      known = discover();
      discovered = known;
    }
    return known;
  }

  private List<ResourceDefinition> discover() {
    List<ResourceDefinition> resources = new ArrayList<>();
    for (JsonNode group : json("/apis").path("groups")) {
      String groupVersion = group.path("preferredVersion").path("groupVersion").asText();
      String[] parts = groupVersion.split("/");
      for (JsonNode item : json("/apis/" + groupVersion).path("resources")) {
        if (!item.path("name").asText().contains("/")) {
          resources.add(definition(parts[0], parts[1], item));
        }
      }
    }
    return resources;
  }

  private static ResourceDefinition definition(String group, String version, JsonNode item) {
    return new ResourceDefinition(
        group,
        version,
        item.path("name").asText(),
        item.path("singularName").asText(),
        item.path("kind").asText(),
        item.path("namespaced").asBoolean() ? Scope.NAMESPACED : Scope.CLUSTER,
        strings(item.path("shortNames")),
        strings(item.path("categories")),
        new TreeSet<>(strings(item.path("verbs"))),
        new TreeMap<>(),
        List.of(),
        null,
        null);
  }

  private static List<String> strings(JsonNode array) {
    String[] values = new String[array.size()];
    Arrays.setAll(values, i -> array.get(i).asText());
    return List.of(values);
  }

  private JsonNode json(String path) {
    return Json.parse(client.send(ApiRequest.get(path)).body());
  }
}
