package io.berth.controllers.object;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One entry of {@code metadata.ownerReferences}. */
public record OwnerReference(
    String apiVersion,
    String kind,
    String name,
    String uid,
    boolean controller,
    boolean blockOwnerDeletion) {

  /** The reference that a controller sets on what it creates for an owner. */
  public static OwnerReference controllerOf(ResourceDefinition resource, ApiObject owner) {
    return new OwnerReference(
        resource.apiVersion(),
        resource.kind(),
        owner.key().name(),
        owner.header().uid(),
        true,
        true);
  }

  public static List<OwnerReference> of(JsonNode object) {
    List<OwnerReference> references = new ArrayList<>();
    for (JsonNode reference : object.path("metadata").path("ownerReferences")) {
      references.add(
          new OwnerReference(
              reference.path("apiVersion").asText(),
              reference.path("kind").asText(),
              reference.path("name").asText(),
              reference.path("uid").asText(),
              reference.path("controller").asBoolean(),
              reference.path("blockOwnerDeletion").asBoolean()));
    }
    return references;
  }

  public static Optional<OwnerReference> controller(JsonNode object) {
    return of(object).stream().filter(OwnerReference::controller).findFirst();
  }

  public ObjectNode tree() {
    ObjectNode reference = Json.object().put("apiVersion", apiVersion).put("kind", kind);
    reference.put("name", name).put("uid", uid);
    if (controller) {
      reference.put("controller", true);
    }
    if (blockOwnerDeletion) {
      reference.put("blockOwnerDeletion", true);
    }
    return reference;
  }
}
