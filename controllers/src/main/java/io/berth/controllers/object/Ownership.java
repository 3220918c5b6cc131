package io.berth.controllers.object;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.PatchType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes children a controller's own, and lets them go. Safe for use by many threads. */
public final class Ownership {
  private final ApiClient client;
  private final ResourceDefinition owners;
  private final ResourceDefinition children;

  public Ownership(ApiClient client, ResourceDefinition owners, ResourceDefinition children) {
    this.client = client;
    this.owners = owners;
    this.children = children;
  }

  /**
   * Makes a child the owner's own, where the owner still exists and is not being deleted: asked of
   * the server, for the copy at hand may be old.
   *
   * @return the child as it is now, or empty where it could not be adopted
   */
  public Optional<ApiObject> adopt(ApiObject owner, ApiObject child) {
    boolean alive =
        client
            .find(owners, owner.key().namespace(), owner.key().name())
            .filter(live -> live.header().uid().equals(owner.header().uid()))
            .filter(live -> !live.header().deleting())
            .isPresent();
    if (!alive) {
      return Optional.empty();
    }
    List<OwnerReference> references = new ArrayList<>(OwnerReference.of(child.tree()));
    references.add(OwnerReference.controllerOf(owners, owner));
    return change(child, references);
  }

  /** Takes the owner out of the child's references. */
  public void release(ApiObject owner, ApiObject child) {
    List<OwnerReference> references = new ArrayList<>(OwnerReference.of(child.tree()));
    references.removeIf(reference -> reference.uid().equals(owner.header().uid()));
    change(child, references);
  }

  /** The version makes it a conflict where someone else changed the child in between. */
  private Optional<ApiObject> change(ApiObject child, List<OwnerReference> references) {
    ObjectNode patch = Json.object();
    ObjectNode metadata = patch.putObject("metadata");
    metadata.put("uid", child.header().uid());
    metadata.put("resourceVersion", Long.toString(child.header().revision()));
    ArrayNode list = metadata.putArray("ownerReferences");
    references.forEach(reference -> list.add(reference.tree()));
    try {
      return Optional.of(
          client.patch(
              children, child.key().namespace(), child.key().name(), null, PatchType.MERGE, patch));
    } catch (ApiException e) {
      if (e.isNotFound()) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
