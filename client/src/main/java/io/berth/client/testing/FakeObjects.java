package io.berth.client.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ObjectKey;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link FakeApi} does to objects: the rules of the API that clients lean on (versions,
 * generation, finalizers, graceful deletion, the subresources), without defaults and validation.
 */
final class FakeObjects {
  private final FakeStore store;
  private final Environment environment;
  private final Consumer<FakeStore.Change> changed;

  FakeObjects(FakeStore store, Environment environment, Consumer<FakeStore.Change> changed) {
    this.store = store;
    this.environment = environment;
    this.changed = changed;
  }

  ObjectNode get(FakeRoute route) {
    ObjectNode object = store.get(route.key());
    if (object == null) {
      throw new ApiException(
          404,
          "NotFound",
          route.resource().groupResource() + " \"" + route.name() + "\" not found");
    }
    return object.deepCopy();
  }

  ObjectNode create(FakeRoute route, ObjectNode object) {
    if (object.path("metadata").path("name").asText().isEmpty()) {
      String prefix = object.path("metadata").path("generateName").asText();
      metadata(object).put("name", prefix + suffix());
    }
    ObjectKey key = route.key(object.path("metadata").path("name").asText());
    if (store.get(key) != null) {
      String message = route.resource().groupResource() + " \"" + key.name() + "\" already exists";
      throw new ApiException(409, "AlreadyExists", message);
    }
    if (route.resource().hasSubresource("status")) {
      object.remove("status");
    }
    switch (route.resource().kind()) {
      case "Pod" -> child(object, "status").put("phase", "Pending");
      case "Namespace" -> {
        child(object, "status").put("phase", "Active");
        child(object, "spec").putArray("finalizers").add("kubernetes");
      }
      default -> {}
    }
    return put(key, born(route, object));
  }

  /** Stores an object as it is, status and all, creating or replacing it. */
  ObjectNode place(FakeRoute route, ObjectNode object) {
    ObjectNode copy = object.deepCopy();
    ObjectNode old = store.get(route.key(copy.path("metadata").path("name").asText()));
    if (old != null && !copy.path("metadata").has("uid")) {
      metadata(copy).set("uid", old.path("metadata").path("uid"));
    }
    return put(route.key(copy.path("metadata").path("name").asText()), born(route, copy));
  }

  private ObjectNode born(FakeRoute route, ObjectNode object) {
    object.put("apiVersion", route.resource().apiVersion()).put("kind", route.resource().kind());
    ObjectNode metadata = metadata(object);
    if (!route.namespace().isEmpty()) {
      metadata.put("namespace", route.namespace());
    }
    if (!metadata.has("uid")) {
      UUID uid = new UUID(environment.random().nextLong(), environment.random().nextLong());
      metadata.put("uid", uid.toString());
    }
    if (!metadata.has("creationTimestamp")) {
      metadata.put("creationTimestamp", timestamp());
    }
    if (object.has("spec") && !metadata.has("generation")) {
      metadata.put("generation", 1);
    }
    return object;
  }

  ObjectNode replace(FakeRoute route, ObjectNode object) {
    ObjectNode current = get(route);
    String expected = object.path("metadata").path("resourceVersion").asText();
    String uid = object.path("metadata").path("uid").asText();
    require(route, current, uid, expected);
    ObjectNode next = merged(route, current, object);
    metadata(next).set("resourceVersion", metadata(current).path("resourceVersion"));
    if (next.equals(current)) {
      return current;
    }
    if (removable(next)) {
      changed.accept(store.remove(route.key()));
      return next;
    }
    return put(route.key(), next);
  }

  /** The part of the object that the subresource may write, over the current one. */
  private ObjectNode merged(FakeRoute route, ObjectNode current, ObjectNode object) {
    ObjectNode next = route.subresource().isEmpty() ? object.deepCopy() : current.deepCopy();
    switch (route.subresource()) {
      case "" -> {
        keep(next, current, "status", route.resource().hasSubresource("status"));
        for (String field : new String[] {"uid", "creationTimestamp", "deletionTimestamp"}) {
          keep(metadata(next), metadata(current), field, true);
        }
        keep(metadata(next), metadata(current), "generation", true);
        if (!next.path("spec").equals(current.path("spec"))) {
          metadata(next).put("generation", metadata(current).path("generation").asLong() + 1);
        }
      }
      case "status" -> keep(next, object, "status", true);
      case "finalize" ->
          keep(child(next, "spec"), (ObjectNode) object.path("spec"), "finalizers", true);
      case "scale" -> {
        child(next, "spec").set("replicas", object.path("spec").path("replicas"));
        if (!next.path("spec").equals(current.path("spec"))) {
          metadata(next).put("generation", metadata(current).path("generation").asLong() + 1);
        }
      }
      default -> throw new ApiException(404, "NotFound", "no subresource " + route.subresource());
    }
    return next;
  }

  private static void keep(ObjectNode next, ObjectNode from, String field, boolean when) {
    if (when && from.has(field)) {
      next.set(field, from.get(field).deepCopy());
    } else if (when) {
      next.remove(field);
    }
  }

  /** Puts the conditions that a strategic merge patch leaves out into it, by their type. */
  void mergeConditions(FakeRoute route, ObjectNode patch) {
    if (!(patch.path("status").path("conditions") instanceof ArrayNode changed)) {
      return;
    }
    for (JsonNode old : get(route).path("status").path("conditions")) {
      boolean found = false;
      for (int i = 0; i < changed.size(); i++) {
        if (changed.get(i).path("type").equals(old.path("type"))) {
          ObjectNode merged = old.deepCopy();
          changed.get(i).properties().forEach(f -> merged.set(f.getKey(), f.getValue()));
          changed.set(i, merged);
          found = true;
        }
      }
      if (!found) {
        changed.add(old);
      }
    }
  }

  ObjectNode patch(FakeRoute route, ObjectNode patch) {
    ObjectNode current = get(route);
    ObjectNode next = mergePatch(current.deepCopy(), patch);
    if (!patch.path("metadata").has("resourceVersion")) {
      metadata(next).remove("resourceVersion");
    }
    return replace(route, next);
  }

  private static ObjectNode mergePatch(ObjectNode target, ObjectNode patch) {
    for (Map.Entry<String, JsonNode> field : patch.properties()) {
      if (field.getValue().isNull()) {
        target.remove(field.getKey());
      } else if (field.getValue() instanceof ObjectNode inner) {
        JsonNode old = target.get(field.getKey());
        ObjectNode base = old instanceof ObjectNode object ? object : Json.object();
        target.set(field.getKey(), mergePatch(base, inner));
      } else {
        target.set(field.getKey(), field.getValue().deepCopy());
      }
    }
    return target;
  }

  /** Deletes, or marks as deleting where finalizers or a grace period hold the object. */
  ObjectNode delete(FakeRoute route, ObjectNode options) {
    ObjectNode current = get(route);
    String uid = options.path("preconditions").path("uid").asText();
    String version = options.path("preconditions").path("resourceVersion").asText();
    require(route, current, uid, version);
    switch (options.path("propagationPolicy").asText()) {
      case "Foreground" -> addFinalizer(current, "foregroundDeletion");
      case "Orphan" -> addFinalizer(current, "orphan");
      default -> {}
    }
    long grace = options.path("gracePeriodSeconds").asLong(30);
    boolean graceful =
        route.resource().kind().equals("Pod")
            && !current.path("spec").path("nodeName").asText().isEmpty()
            && grace > 0;
    if (!graceful && unheld(current)) {
      changed.accept(store.remove(route.key()));
      return current;
    }
    if (!metadata(current).has("deletionTimestamp")) {
      metadata(current).put("deletionTimestamp", timestamp());
      metadata(current).put("deletionGracePeriodSeconds", graceful ? grace : 0);
      if (route.resource().kind().equals("Namespace")) {
        child(current, "status").put("phase", "Terminating");
      }
    } else if (!graceful) {
      metadata(current).put("deletionGracePeriodSeconds", 0);
    }
    return current.equals(store.get(route.key())) ? current : put(route.key(), current);
  }

  private static void addFinalizer(ObjectNode object, String finalizer) {
    ArrayNode finalizers = metadata(object).withArray("finalizers");
    for (JsonNode present : finalizers) {
      if (present.asText().equals(finalizer)) {
        return;
      }
    }
    finalizers.add(finalizer);
  }

  private static boolean unheld(ObjectNode object) {
    return object.path("metadata").path("finalizers").isEmpty()
        && (!object.path("kind").asText().equals("Namespace")
            || object.path("spec").path("finalizers").isEmpty());
  }

  private static boolean removable(ObjectNode object) {
    JsonNode metadata = object.path("metadata");
    return metadata.has("deletionTimestamp")
        && metadata.path("deletionGracePeriodSeconds").asLong() == 0
        && unheld(object);
  }

  void bind(FakeRoute route, ObjectNode binding) {
    ObjectNode pod = get(route);
    if (!pod.path("spec").path("nodeName").asText().isEmpty()
        || pod.path("metadata").has("deletionTimestamp")) {
      String message =
          "Operation cannot be fulfilled on pods/binding \""
              + route.name()
              + "\": pod "
              + route.name()
              + " is already assigned to node \""
              + pod.path("spec").path("nodeName").asText()
              + "\"";
      throw new ApiException(409, "Conflict", message);
    }
    child(pod, "spec").put("nodeName", binding.path("target").path("name").asText());
    ObjectNode condition = Json.object().put("type", "PodScheduled").put("status", "True");
    child(pod, "status").withArray("conditions").add(condition);
    put(route.key(), pod);
  }

  private ObjectNode put(ObjectKey key, ObjectNode object) {
    FakeStore.Change change = store.put(key, object);
    changed.accept(change);
    @Nullable ObjectNode after = change.after();
    return after == null ? object : after.deepCopy();
  }

  /** Empty expectations hold of every object. */
  private static void require(FakeRoute route, ObjectNode current, String uid, String version) {
    boolean sameUid = uid.isEmpty() || uid.equals(metadata(current).path("uid").asText());
    String at = metadata(current).path("resourceVersion").asText();
    if (!sameUid || !(version.isEmpty() || version.equals(at))) {
      throw conflict(route);
    }
  }

  private static ApiException conflict(FakeRoute route) {
    return new ApiException(
        409,
        "Conflict",
        "Operation cannot be fulfilled on "
            + route.resource().groupResource()
            + " \""
            + route.name()
            + "\": the object has been modified; please apply your changes to the latest version"
            + " and try again");
  }

  private String timestamp() {
    Instant now = environment.clock().now();
    return now.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private String suffix() {
    String letters = "bcdfghjklmnpqrstvwxz2456789";
    StringBuilder suffix = new StringBuilder();
    for (int i = 0; i < 5; i++) {
      suffix.append(letters.charAt(environment.random().nextInt(letters.length())));
    }
    return suffix.toString();
  }

  static ObjectNode metadata(ObjectNode object) {
    return child(object, "metadata");
  }

  static ObjectNode child(ObjectNode object, String field) {
    return object.get(field) instanceof ObjectNode child ? child : object.putObject(field);
  }
}
