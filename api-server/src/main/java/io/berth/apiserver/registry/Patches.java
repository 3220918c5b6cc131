package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.patch.JsonPatch;
import io.berth.api.patch.MergePatch;
import io.berth.api.patch.StrategicMergePatch;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schemas;
import io.berth.api.schema.TypeRef;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Patches in bodies, as changes of an object's tree. */
final class Patches {
  private static final String JSON_PATCH = "application/json-patch+json";
  private static final String MERGE_PATCH = "application/merge-patch+json";
  private static final String STRATEGIC = "application/strategic-merge-patch+json";
  private static final List<String> ACCEPTED =
      List.of(JSON_PATCH, MERGE_PATCH, STRATEGIC, Applies.MEDIA_TYPE);

  /** So many characters of an object that does not fit are shown. */
  private static final int SHOWN = 4096;

  static final ObjectType SCALE = Schemas.find("io.k8s.api.autoscaling.v1.Scale").orElseThrow();

  private Patches() {}

  /** Whether a patch is a configuration to apply. */
  static boolean isApply(ApiRequest request) {
    return Bodies.mediaType(request).equals(Applies.MEDIA_TYPE);
  }

  /**
   * The change that a request's patch makes. A resourceVersion that the patch itself does not
   * change is no precondition: the patch is applied anew when another writer was faster.
   *
   * @param duplicates gets a message for each field that the patch has twice; the last one counts
   * @throws ApiException 400 where the body is malformed, 415 where its form is not known
   */
  static UnaryOperator<ObjectNode> of(
      ApiRequest request, ResourceDefinition resource, List<String> duplicates) {
    if (resource.schema() instanceof TypeRef.Custom
        && Bodies.mediaType(request).equals(STRATEGIC)) {
      throw Errors.unsupportedMediaType(List.of(JSON_PATCH, MERGE_PATCH, Applies.MEDIA_TYPE));
    }
    return of(request, Schemas.forResource(resource), duplicates);
  }

  /** The change that a request's patch makes to a Scale. */
  static UnaryOperator<ObjectNode> ofScale(ApiRequest request) {
    return of(request, SCALE, new ArrayList<>());
  }

  private static UnaryOperator<ObjectNode> of(
      ApiRequest request, ObjectType type, List<String> duplicates) {
    String form = Bodies.mediaType(request);
    if (!List.of(JSON_PATCH, MERGE_PATCH, STRATEGIC).contains(form)) {
      throw Errors.unsupportedMediaType(ACCEPTED);
    }
    JsonNode patch = parse(request.body(), duplicates);
    return object -> {
      String revision = Meta.text(object, "resourceVersion");
      ObjectNode patched = apply(form, object, patch, type);
      if (!form.equals(STRATEGIC)) {
        checkKind(patched, object);
      }
      if (Meta.text(patched, "resourceVersion").equals(revision)) {
        Meta.of(patched).remove("resourceVersion");
      }
      return patched;
    };
  }

  private static ObjectNode apply(String form, ObjectNode object, JsonNode patch, ObjectType type) {
    JsonNode patched =
        switch (form) {
          case JSON_PATCH -> JsonPatch.apply(object, patch);
          case MERGE_PATCH -> MergePatch.apply(object, patch);
          default -> StrategicMergePatch.apply(object, patch, type);
        };
    if (!(patched instanceof ObjectNode result)) {
      throw Errors.unprocessable("the patch leaves no object");
    }
    if (!(result.path("metadata") instanceof ObjectNode)) {
      if (result.hasNonNull("metadata")) {
        throw refused(result, "metadata must be an object");
      }
      result.putObject("metadata");
    }
    return result;
  }

  private static void checkKind(ObjectNode patched, ObjectNode object) {
    String to = kind(object);
    String from = kind(patched);
    if (!from.equals(to) && patched.has("kind") && patched.has("apiVersion")) {
      throw refused(
          patched, String.format("converting (%s) to (%s): unknown conversion", from, to));
    }
  }

  private static String kind(ObjectNode object) {
    return object.path("apiVersion").asText("") + "." + object.path("kind").asText("");
  }

  /**
   * 422: what a patch makes of an object is none of its kind.
   *
   * @param patched is shown in the message, in part where it is long
   */
  static ApiException refused(ObjectNode patched, String why) {
    String text = patched.toString();
    String shown = text.length() > SHOWN ? text.substring(0, SHOWN) + " ..." : text;
    return Errors.invalid("", "", "", List.of(FieldError.invalid("patch", shown, why)));
  }

  private static JsonNode parse(byte[] body, List<String> duplicates) {
    try {
      Json.Lenient read = Json.parseLenient(body);
      duplicates.addAll(read.duplicates());
      return read.value();
    } catch (IllegalArgumentException e) {
      throw Errors.badRequest("error decoding patch: " + e.getMessage());
    }
  }
}
