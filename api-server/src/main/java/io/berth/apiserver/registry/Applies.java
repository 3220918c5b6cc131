package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.FieldSet;
import io.berth.api.apply.OwnedFields;
import io.berth.api.apply.Writer;
import io.berth.api.codec.Json;
import io.berth.api.codec.Yaml;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.schema.Normalizer;
import io.berth.api.schema.Schemas;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.Updates.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Server-side apply: brings an object to what a configuration says of it, and creates it where it
 * is not there.
 */
final class Applies {
  static final String MEDIA_TYPE = "application/apply-patch+yaml";

  /** How often an object that comes and goes meanwhile is looked at again. */
  private static final int ATTEMPTS = 5;

  /** All that belongs to the object itself and not to its status. */
  private static final FieldSet STATUS = FieldSet.ofFields("status");

  private final Creates creates;
  private final Updates updates;

  Applies(Creates creates, Updates updates) {
    this.creates = creates;
    this.updates = updates;
  }

  /**
   * @param object as it is now
   * @param created whether it was not there before
   */
  record Outcome(Stored object, boolean created) {}

  /** What is checked of every version that an apply makes, before it goes on. */
  interface Check {
    void check(ObjectNode object);
  }

  /**
   * @param call of the object itself or its status
   * @param duplicates gets a message for each key that the configuration has twice
   * @throws ApiException 400 where the configuration is malformed, 409 where others own what it
   *     would change
   */
  Outcome apply(
      ApiRequest request,
      ObjectKey key,
      WriteCall call,
      boolean force,
      Strategy strategy,
      List<String> duplicates,
      Check check) {
    ResourceDefinition resource = call.info().resource();
    ObjectNode config = config(request, resource.apiVersion(), resource.kind(), duplicates);
    boolean builtIn = Resources.find(resource.apiVersion(), resource.kind()).isPresent();
    if (builtIn
        && !config.at("/metadata").has("managedFields")) { // else it is refused, empty or not
      Normalizer.dropEmpty(Schemas.forResource(resource), config);
    }
    Narrowing narrowing = strategy.narrowing(call.info().subresource());
    UnaryOperator<ObjectNode> whole =
        live -> {
          ObjectNode next = next(live, config, call, force, strategy);
          check.check(next);
          return next;
        };
    UnaryOperator<ObjectNode> change = narrowing == null ? whole : narrowed(narrowing, whole, call);
    Part part =
        narrowing != null ? Part.ANY : call.info().hasSubresource() ? Part.STATUS : Part.MAIN;
    for (int i = 0; i < ATTEMPTS; i++) {
      try {
        Updates.Outcome updated = updates.update(key, part, call.withOwnersAsGiven(), change);
        return new Outcome(updated.object(), false);
      } catch (ApiException e) {
        if (!e.isNotFound() || call.info().hasSubresource()) {
          throw e;
        }
      }
      Optional<Stored> created = create(key, config, call, force, strategy, check);
      if (created.isPresent()) {
        return new Outcome(created.get(), true);
      }
    }
    throw Errors.conflict(key.resource(), key.name());
  }

  /** Takes the owners over with the part that counts. */
  private static UnaryOperator<ObjectNode> narrowed(
      Narrowing narrowing, UnaryOperator<ObjectNode> whole, WriteCall call) {
    return live -> {
      ObjectNode next = live.deepCopy();
      ObjectNode owners = Json.object();
      UnaryOperator<ObjectNode> noted =
          current -> {
            ObjectNode proposed = whole.apply(current);
            FieldOwners.set(owners, FieldOwners.of(proposed));
            return proposed;
          };
      next = narrowing.of(noted, call).apply(next);
      FieldOwners.set(next, FieldOwners.of(owners));
      return next;
    };
  }

  /** Empty where it is there meanwhile. */
  private Optional<Stored> create(
      ObjectKey key,
      ObjectNode config,
      WriteCall call,
      boolean force,
      Strategy strategy,
      Check check) {
    String uid = Meta.uid(config);
    if (!uid.isEmpty()) {
      throw Errors.conflict(
          key.resource(),
          key.name(),
          "uid mismatch: the provided object specified uid "
              + uid
              + ", and no existing object was found");
    }
    ObjectNode object = next(null, config, call, force, strategy);
    ObjectRules.checkName(object, key);
    check.check(object);
    try {
      return Optional.of(creates.create(object, call.withOwnersAsGiven()));
    } catch (ApiException e) {
      if (e.isAlreadyExists()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static ObjectNode next(
      @Nullable ObjectNode live,
      ObjectNode config,
      WriteCall call,
      boolean force,
      Strategy strategy) {
    ResourceDefinition resource = call.info().resource();
    Writer writer = FieldOwners.writer(call, managerOf(call));
    ObjectNode next =
        OwnedFields.of(resource, strategy.otherVersions(resource))
            .apply(live, config, writer, force, ignored(resource, call, config, live));
    if (!config.path("metadata").has("resourceVersion")) {
      Meta.of(next).remove("resourceVersion");
    }
    return next;
  }

  private static String managerOf(WriteCall call) {
    String manager = call.manager();
    if (manager == null) {
      throw new IllegalArgumentException("who applies is not known");
    }
    return manager;
  }

  /** What an object's own path does not change of its status, and the status' path of the rest. */
  private static FieldSet ignored(
      ResourceDefinition resource, WriteCall call, ObjectNode config, @Nullable ObjectNode live) {
    if (!call.info().subresource().equals("status")) {
      return resource.hasSubresource("status") ? STATUS : FieldSet.EMPTY;
    }
    FieldSet rest = FieldSet.EMPTY;
    for (JsonNode object : live == null ? new JsonNode[] {config} : new JsonNode[] {config, live}) {
      for (var field : object.properties()) {
        if (!field.getKey().equals("metadata") && !field.getKey().equals("status")) {
          rest = rest.union(FieldSet.ofFields(field.getKey()));
        }
      }
    }
    return rest;
  }

  /** The change that an apply to an object's Scale makes to the object. */
  static UnaryOperator<ObjectNode> ofScale(
      ApiRequest request, WriteCall call, boolean force, Strategy strategy) {
    ObjectNode scale =
        config(request, ScaleSubresource.API_VERSION, ScaleSubresource.KIND, new ArrayList<>());
    OwnedFields scales = new OwnedFields(Patches.SCALE);
    scales.apply(null, scale, FieldOwners.writer(call, managerOf(call)), force, FieldSet.EMPTY);
    ScalePaths paths = strategy.scalePaths();
    return object -> {
      ObjectNode config = Json.object();
      config.set("apiVersion", object.path("apiVersion"));
      config.set("kind", object.path("kind"));
      JsonNode replicas = scale.path("spec").get("replicas");
      if (replicas != null) {
        ScaleSubresource.set(config, paths.specReplicas(), replicas);
      }
      ObjectNode next = next(object, config, call, force, strategy);
      ObjectNode metadata = Meta.of(next);
      for (String field : new String[] {"resourceVersion", "uid", "name", "namespace"}) {
        if (scale.path("metadata").has(field)) {
          Meta.copy(field, scale.path("metadata"), metadata);
        }
      }
      return next;
    };
  }

  private static ObjectNode config(
      ApiRequest request, String apiVersion, String kind, List<String> duplicates) {
    JsonNode body;
    try {
      Json.Lenient read = Yaml.readLenient(request.body());
      duplicates.addAll(read.duplicates());
      body = read.value();
    } catch (IllegalArgumentException e) {
      throw Errors.badRequest("error decoding YAML: " + e.getMessage());
    }
    if (!(body instanceof ObjectNode config)) {
      throw Errors.badRequest("error decoding YAML: the configuration must be an object");
    }
    String hasVersion = config.path("apiVersion").asText("");
    String hasKind = config.path("kind").asText("");
    if (!hasVersion.equals(apiVersion) || !hasKind.equals(kind)) {
      throw Errors.badRequest(
          "invalid object type: "
              + (hasVersion.contains("/") ? hasVersion : "/" + hasVersion)
              + ", Kind="
              + hasKind);
    }
    return config;
  }
}
