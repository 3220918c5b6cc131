package io.berth.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schemas;
import io.berth.client.ApiClient;
import io.berth.client.PatchType;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * Client-side apply, compatible with kubectl's: the manifest as last applied is kept in its
 * annotation.
 */
public final class Applier {
  private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  private final ApiClient client;
  private final ResourceNames resources;
  private final String namespace;

  /**
   * @param namespace for objects whose manifest names none
   */
  public Applier(ApiClient client, String namespace) {
    this.client = client;
    this.resources = new ResourceNames(client);
    this.namespace = namespace;
  }

  /**
   * Applies one object.
   *
   * @return the object's name and what happened, as kubectl prints it
   */
  public String apply(ObjectNode manifest) {
    ResourceDefinition resource =
        resources.resource(manifest.path("apiVersion").asText(), manifest.path("kind").asText());
    ObjectNode metadata = manifest.withObject("/metadata");
    if (resource.namespaced() && metadata.path("namespace").asText().isEmpty()) {
      metadata.put("namespace", namespace);
    }
    String name = metadata.path("name").asText();
    Optional<ApiObject> live = client.find(resource, metadata.path("namespace").asText(), name);
    ObjectNode annotated = annotated(manifest);
    String what;
    if (live.isEmpty()) {
      client.create(resource, metadata.path("namespace").asText(), annotated);
      what = "created";
    } else {
      what = update(resource, live.get(), annotated) ? "configured" : "unchanged";
    }
    return ObjectNames.of(resource, name) + " " + what;
  }

  private boolean update(ResourceDefinition resource, ApiObject live, ObjectNode now) {
    JsonNode text = live.tree().path("metadata").path("annotations").path(LAST_APPLIED);
    ObjectNode last =
        text.isTextual()
            ? (ObjectNode) Json.parse(text.asText().getBytes(StandardCharsets.UTF_8))
            : Json.object();
    ObjectType type = resource.schema() == null ? null : Schemas.forResource(resource);
    ObjectNode patch = ApplyPatch.of(last, now, type);
    ApiObject after =
        client.patch(
            resource,
            live.key().namespace(),
            live.key().name(),
            null,
            type == null ? PatchType.MERGE : PatchType.STRATEGIC_MERGE,
            patch);
    return after.header().revision() != live.header().revision();
  }

  /** The manifest with its own text in the annotation, letter by letter as kubectl writes it. */
  private static ObjectNode annotated(ObjectNode manifest) {
    ObjectNode plain = manifest.deepCopy();
    plain.withObject("/metadata/annotations").remove(LAST_APPLIED);
    String json = new String(Json.bytes(sorted(plain)), StandardCharsets.UTF_8);
    String escaped = json.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026");
    plain.withObject("/metadata/annotations").put(LAST_APPLIED, escaped + "\n");
    return plain;
  }

  private static JsonNode sorted(JsonNode node) {
    if (node instanceof ArrayNode array) {
      ArrayNode result = array.arrayNode();
      array.forEach(item -> result.add(sorted(item)));
      return result;
    }
    if (node instanceof ObjectNode object) {
      ObjectNode result = Json.object();
      object.properties().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(entry -> result.set(entry.getKey(), sorted(entry.getValue())));
      return result;
    }
    return node;
  }
}
