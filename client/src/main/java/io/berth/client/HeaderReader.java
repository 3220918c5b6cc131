package io.berth.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ObjectHeader;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads an object's header from its JSON. */
final class HeaderReader {
  private HeaderReader() {}

  static ObjectHeader read(ResourceDefinition resource, byte[] json) {
    JsonNode object = Json.parse(json);
    JsonNode metadata = object.path("metadata");
    Map<String, String> labels = new HashMap<>();
    metadata
        .path("labels")
        .properties()
        .forEach(e -> labels.put(e.getKey(), e.getValue().asText()));
    Map<String, String> fields = new HashMap<>();
    for (String path : resource.selectableFields()) {
      fields.put(path, object.at("/" + path.replace('.', '/')).asText());
    }
    List<String> owners = new ArrayList<>();
    metadata.path("ownerReferences").forEach(o -> owners.add(o.path("uid").asText()));
    String deletion = metadata.path("deletionTimestamp").asText();
    String namespace = metadata.path("namespace").asText();
    return new ObjectHeader(
        new ObjectKey(resource.groupResource(), namespace, metadata.path("name").asText()),
        metadata.path("uid").asText(),
        metadata.path("resourceVersion").asLong(),
        labels,
        fields,
        owners,
        deletion.isEmpty() ? null : deletion);
  }
}
