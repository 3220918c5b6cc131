package io.berth.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import java.util.Locale;

/** How commands name an object in what they print: {@code deployment.apps/web}. */
final class ObjectNames {
  /** The resource's singular with its group, and the object's name. */
  record Named(String resource, String name) {
    @Override
    public String toString() {
      return resource + "/" + name;
    }
  }

  private ObjectNames() {}

  static Named of(JsonNode object) {
    String apiVersion = object.path("apiVersion").asText();
    String kind = object.path("kind").asText();
    String name = object.path("metadata").path("name").asText();
    return Resources.find(apiVersion, kind)
        .map(resource -> of(resource, name))
        .orElseGet(() -> new Named(kind.toLowerCase(Locale.ROOT), name));
  }

  static Named of(ResourceDefinition resource, String name) {
    String group = resource.group().isEmpty() ? "" : "." + resource.group();
    return new Named(resource.singular() + group, name);
  }
}
