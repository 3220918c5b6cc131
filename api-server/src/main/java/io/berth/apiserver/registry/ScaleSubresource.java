package io.berth.apiserver.registry;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.LabelSelector;
import io.berth.api.object.ObjectKey;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Updates.Part;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The {@code scale} of a workload: a small object that shows and changes {@code spec.replicas} of
 * the one behind it.
 */
final class ScaleSubresource {
  static final String API_VERSION = "autoscaling/v1";
  static final String KIND = "Scale";

  private ScaleSubresource() {}

  /** The Scale that an object shows. */
  static ObjectNode of(ObjectNode object, ScalePaths paths) {
    ObjectNode scale = Json.object().put("kind", KIND).put("apiVersion", API_VERSION);
    ObjectNode metadata = scale.putObject("metadata");
    for (String field :
        List.of("name", "namespace", "uid", "resourceVersion", "creationTimestamp")) {
      Meta.copy(field, object.path("metadata"), metadata);
    }
    scale.putObject("spec").put("replicas", object.at(paths.specReplicas()).asInt());
    ObjectNode status = scale.putObject("status");
    status.put("replicas", object.at(paths.statusReplicas()).asInt());
    JsonNode selector = paths.selector() == null ? null : object.at(paths.selector());
    if (selector != null && !selector.isMissingNode() && !selector.isNull()) {
      status.put(
          "selector", selector.isTextual() ? selector.textValue() : selectorText(object, selector));
    }
    return scale;
  }

  /**
   * Changes the object by a change of its Scale.
   *
   * @throws ApiException 422 where the number is negative
   */
  static Updates.Outcome update(
      Updates updates,
      ObjectKey key,
      WriteCall call,
      ScalePaths paths,
      UnaryOperator<ObjectNode> change) {
    return updates.update(
        key,
        Part.MAIN,
        call,
        object -> {
          ObjectNode scale = change.apply(of(object, paths));
          JsonNode replicas = scale.path("spec").path("replicas");
          checkReplicas(scale, replicas);
          ObjectNode metadata = Meta.of(object);
          Meta.copy("resourceVersion", scale.path("metadata"), metadata);
          Meta.copy("name", scale.path("metadata"), metadata);
          Meta.copy("namespace", scale.path("metadata"), metadata);
          set(object, paths.specReplicas(), IntNode.valueOf(replicas.asInt()));
          return object;
        });
  }

  /** Changes the object by a configuration that was applied to its Scale. */
  static Updates.Outcome apply(
      Updates updates,
      ObjectKey key,
      WriteCall call,
      ScalePaths paths,
      UnaryOperator<ObjectNode> change) {
    return updates.update(
        key,
        Part.MAIN,
        call.withOwnersAsGiven(),
        object -> {
          ObjectNode next = change.apply(object);
          checkReplicas(next, next.at(paths.specReplicas()));
          return next;
        });
  }

  /** Replication controllers select by a plain map, the others by a selector. */
  private static String selectorText(ObjectNode object, JsonNode selector) {
    boolean plain = object.path("kind").asText().equals("ReplicationController");
    return LabelSelector.of(plain ? Json.object().set("matchLabels", selector) : selector)
        .toString();
  }

  /** Sets the number that a path leads to, with the objects on the way. */
  static void set(ObjectNode object, JsonPointer path, JsonNode replicas) {
    JsonPointer parent = path.head();
    object
        .withObject(parent == null ? JsonPointer.empty() : parent)
        .set(path.last().getMatchingProperty(), replicas);
  }

  /** The Scale in a request's body. */
  static UnaryOperator<ObjectNode> body(ApiRequest request) {
    ObjectNode scale = Bodies.object(request, API_VERSION, KIND);
    return current -> scale.deepCopy();
  }

  private static void checkReplicas(ObjectNode scale, JsonNode replicas) {
    if (!replicas.isMissingNode() && !replicas.isNull() && !replicas.canConvertToInt()) {
      throw Errors.badRequest("spec.replicas must be a whole number");
    }
    if (replicas.asInt() < 0) {
      throw Errors.invalid(
          "autoscaling",
          KIND,
          Meta.name(scale),
          List.of(
              FieldError.invalid(
                  "spec.replicas", replicas.asInt(), "must be greater than or equal to 0")));
    }
  }
}
