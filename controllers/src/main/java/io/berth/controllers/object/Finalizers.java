package io.berth.controllers.object;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;

/** A finalizer on objects of one kind. An object that is gone needs none and has none. */
public record Finalizers(ApiClient client, ResourceDefinition resource, String finalizer) {

  public boolean on(JsonNode object) {
    for (JsonNode there : object.path("metadata").path("finalizers")) {
      if (there.asText().equals(finalizer)) {
        return true;
      }
    }
    return false;
  }

  /** Adds it, unless the object is being deleted. */
  public void add(ObjectKey key, String uid) {
    change(key, uid, this::add);
  }

  private void add(ObjectNode object) {
    if (!on(object) && !object.path("metadata").has("deletionTimestamp")) {
      object.withObject("/metadata").withArray("finalizers").add(finalizer);
    }
  }

  public void remove(ObjectKey key, String uid) {
    change(key, uid, this::remove);
  }

  private void remove(ObjectNode object) {
    if (!on(object)) {
      return;
    }
    ObjectNode metadata = object.withObject("/metadata");
    ArrayNode kept = metadata.arrayNode();
    for (JsonNode there : metadata.path("finalizers")) {
      if (!there.asText().equals(finalizer)) {
        kept.add(there);
      }
    }
    if (kept.isEmpty()) {
      metadata.remove("finalizers");
    } else {
      metadata.set("finalizers", kept);
    }
  }

  private interface Change {
    void apply(ObjectNode object);
  }

  private void change(ObjectKey key, String uid, Change change) {
    try {
      client.modify(
          resource,
          key.namespace(),
          key.name(),
          null,
          object -> {
            if (object.path("metadata").path("uid").asText().equals(uid)) {
              change.apply(object);
            }
          });
    } catch (ApiException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }
}
