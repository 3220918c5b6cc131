package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Objects that are the same in every cluster, from {@code first-objects.json}. */
final class WrittenObjects {
  /** One of them, and what it is. */
  record Written(ResourceDefinition resource, JsonNode object) {}

  private WrittenObjects() {}

  static List<Written> all() {
    try (InputStream in = WrittenObjects.class.getResourceAsStream("first-objects.json")) {
      if (in == null) {
        throw new IllegalStateException("first-objects.json is missing from the class path");
      }
      List<Written> all = new ArrayList<>();
      for (JsonNode object : Json.parse(in.readAllBytes())) {
        String apiVersion = object.path("apiVersion").asText();
        String kind = object.path("kind").asText();
        all.add(new Written(Resources.find(apiVersion, kind).orElseThrow(), object));
      }
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
