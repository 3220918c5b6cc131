package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.OwnedFields;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.SchemaValidator;
import io.berth.api.schema.Schemas;
import io.berth.api.schema.TypeRef;
import io.berth.api.transport.Errors;
import io.berth.apiserver.server.RequestInfo;
import org.jspecify.annotations.Nullable;

/**
 * The objects of a write as others are shown them, who ask for a version or see a subresource's own
 * object; and what they made of it brought back. Safe for use by many threads.
 */
public final class ObjectForms {
  private final Strategies strategies;

  public ObjectForms(Strategies strategies) {
    this.strategies = strategies;
  }

  /** Whether a request is about a Scale, which stands for the object behind it. */
  public static boolean scales(RequestInfo info) {
    return info.subresource().equals("scale");
  }

  /**
   * An object that its kind's rules are applied to, as clients of a version see it.
   *
   * @param object not changed; returned where it has that form already
   * @param info the write's request
   * @param version of the same resource
   */
  public ObjectNode shown(ObjectNode object, RequestInfo info, ResourceDefinition version) {
    if (scales(info)) {
      return ScaleSubresource.of(object, strategies.of(info.resource()).scalePaths());
    }
    String kind = object.path("kind").asText();
    if (object.path("apiVersion").asText().equals(version.apiVersion())
        || !kind.equals(version.kind())) {
      return object;
    }
    Versions from = strategies.of(info.resource()).versions(info.resource());
    Versions to = strategies.of(version).versions(version);
    return to.requested(to.opened(from.stored(object.deepCopy())));
  }

  /** Those who know nothing of the owners of fields may leave them malformed. */
  private static void keepOwners(
      ObjectNode object, @Nullable JsonNode before, AdmissionRequest request) {
    JsonNode owners = FieldOwners.of(object);
    if (owners == null || owners.equals(before)) {
      return;
    }
    OwnedFields.flaw(owners)
        .ifPresent(
            flaw -> {
              FieldOwners.set(object, before);
              request
                  .call()
                  .warnings()
                  .add(
                      ".metadata.managedFields was in an invalid state after admission; this could"
                          + " be caused by an outdated mutating admission controller; please fix"
                          + " your requests: "
                          + flaw);
            });
  }

  /** Who changes objects may not make them of another form. */
  private static void checkForm(ObjectNode shown, ResourceDefinition version) {
    Schemas.ofKind(shown.path("apiVersion").asText(""), shown.path("kind").asText(""))
        .filter(type -> !(version.schema() instanceof TypeRef.Custom))
        .flatMap(type -> SchemaValidator.check(type, shown).wrongType())
        .ifPresent(
            wrong -> {
              throw Errors.internal(wrong);
            });
  }

  /**
   * Changes an object into what somebody made of it.
   *
   * @param shown as {@link #shown}, changed
   */
  public void take(ObjectNode shown, AdmissionRequest request, ResourceDefinition version) {
    ObjectNode object = request.object();
    RequestInfo info = request.call().info();
    if (object == null) {
      return;
    }
    checkForm(shown, version);
    if (scales(info)) {
      ScaleSubresource.set(
          object,
          strategies.of(info.resource()).scalePaths().specReplicas(),
          IntNode.valueOf(shown.path("spec").path("replicas").asInt()));
    } else if (request.part()) {
      object.removeAll();
      object.setAll(shown);
      return;
    } else {
      ObjectNode result = shown;
      if (!object.path("apiVersion").asText().equals(version.apiVersion())) {
        Versions from = strategies.of(version).versions(version);
        Versions to = strategies.of(info.resource()).versions(info.resource());
        result = to.opened(from.stored(from.ruled(shown)));
      }
      JsonNode owners = FieldOwners.of(object);
      object.removeAll();
      object.setAll(result);
      keepOwners(object, owners, request);
    }
    strategies.complete(request);
  }
}
