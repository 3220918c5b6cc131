package io.berth.controllers.object;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.PatchType;
import java.util.Map;
import java.util.Optional;

/** Writes a status as a merge patch of what differs, and nothing where nothing does. */
public final class StatusPatch {
  private StatusPatch() {}

  /** The merge patch that makes the object's status the wanted one; empty where it is already. */
  public static Optional<ObjectNode> between(JsonNode object, ObjectNode status) {
    // Read back, so that a number is of one type whether it was computed or parsed.
    return difference(object, (ObjectNode) Json.parse(Json.bytes(status)));
  }

  private static Optional<ObjectNode> difference(JsonNode object, ObjectNode wanted) {
    JsonNode current = object.path("status");
    ObjectNode status = Json.object();
    for (Map.Entry<String, JsonNode> field : current.properties()) {
      if (!wanted.has(field.getKey())) {
        status.putNull(field.getKey());
      }
    }
    for (Map.Entry<String, JsonNode> field : wanted.properties()) {
      if (!field.getValue().equals(current.get(field.getKey()))) {
        status.set(field.getKey(), field.getValue());
      }
    }
    if (status.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode patch = Json.object();
    // The uid makes it a conflict where another object bears the name by now.
    patch.putObject("metadata").set("uid", object.path("metadata").path("uid"));
    patch.set("status", status);
    return Optional.of(patch);
  }

  /** Writes what differs. An object that is gone has no status to write. */
  public static void write(
      ApiClient client, ResourceDefinition resource, ApiObject object, ObjectNode wanted) {
    between(object.tree(), wanted).ifPresent(patch -> send(client, resource, object, patch));
  }

  private static void send(
      ApiClient client, ResourceDefinition resource, ApiObject object, ObjectNode patch) {
    String namespace = object.key().namespace();
    try {
      client.patch(resource, namespace, object.key().name(), "status", PatchType.MERGE, patch);
    } catch (ApiException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }
}
