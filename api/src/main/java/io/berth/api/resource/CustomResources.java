package io.berth.api.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.schema.CustomTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The resources that a CustomResourceDefinition defines. Pure. */
public final class CustomResources {
  private static final SortedSet<String> VERBS =
      new TreeSet<>(
          List.of(
              "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"));

  private static final SortedSet<String> SUBRESOURCE_VERBS =
      new TreeSet<>(List.of("get", "patch", "update"));

  private CustomResources() {}

  /** Whether its names were accepted, so that the resource is served. */
  public static boolean established(JsonNode crd) {
    for (JsonNode condition : crd.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Established")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  /**
   * Every version that is served, the preferred one first; with the names that were accepted, where
   * there are any.
   *
   * @param crd a valid CustomResourceDefinition
   */
  public static List<ResourceDefinition> served(JsonNode crd) {
    ResourceDefinition stored = stored(crd);
    List<ResourceDefinition> served = new ArrayList<>();
    for (JsonNode version : crd.path("spec").path("versions")) {
      if (version.path("served").asBoolean()) {
        served.add(
            version.path("name").asText().equals(stored.version())
                ? stored
                : definition(crd, version, stored));
      }
    }
    served.sort((a, b) -> ApiVersions.PRIORITY.compare(a.version(), b.version()));
    return served;
  }

  /** The version that objects are stored in. */
  public static ResourceDefinition stored(JsonNode crd) {
    JsonNode versions = crd.path("spec").path("versions");
    for (JsonNode version : versions) {
      if (version.path("storage").asBoolean()) {
        return definition(crd, version, null);
      }
    }
    throw new IllegalArgumentException("no version of " + crd.path("metadata") + " is stored");
  }

  private static ResourceDefinition definition(
      JsonNode crd, JsonNode version, @Nullable ResourceDefinition storedAs) {
    JsonNode spec = crd.path("spec");
    JsonNode accepted = crd.path("status").path("acceptedNames");
    JsonNode names = accepted.path("plural").asText("").isEmpty() ? spec.path("names") : accepted;
    String group = spec.path("group").asText();
    String name = version.path("name").asText();
    String kind = names.path("kind").asText();
    return new ResourceDefinition(
        group,
        name,
        names.path("plural").asText(),
        names.path("singular").asText(kind.toLowerCase(Locale.ROOT)),
        kind,
        spec.path("scope").asText().equals("Namespaced") ? Scope.NAMESPACED : Scope.CLUSTER,
        strings(names.path("shortNames")),
        strings(names.path("categories")),
        VERBS,
        subresources(version.path("subresources")),
        selectable(version.path("selectableFields")),
        CustomTypes.reference(
            group + "." + name + "." + kind,
            version.path("schema").path("openAPIV3Schema") instanceof ObjectNode schema
                ? schema
                : Json.object()),
        storedAs);
  }

  private static SortedMap<String, SortedSet<String>> subresources(JsonNode subresources) {
    SortedMap<String, SortedSet<String>> served = new TreeMap<>();
    for (String name : List.of("status", "scale")) {
      if (subresources.hasNonNull(name)) {
        served.put(name, SUBRESOURCE_VERBS);
      }
    }
    return served;
  }

  /** A path {@code .spec.color} is selected by as {@code spec.color}. */
  private static List<String> selectable(JsonNode fields) {
    List<String> paths = new ArrayList<>();
    for (JsonNode field : fields) {
      String path = field.path("jsonPath").asText();
      paths.add(path.startsWith(".") ? path.substring(1) : path);
    }
    return paths;
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(item -> strings.add(item.asText()));
    return strings;
  }
}
