package io.berth.client.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The objects of a {@link FakeApi} and the history of their changes. Guarded by its owner. */
final class FakeStore {
  /**
   * One change.
   *
   * @param before null for a creation
   * @param after null for a deletion
   */
  record Change(
      long revision, ObjectKey key, @Nullable ObjectNode before, @Nullable ObjectNode after) {}

  private final TreeMap<ObjectKey, ObjectNode> objects = new TreeMap<>();
  private final List<Change> history = new ArrayList<>();
  private long revision = 1;
  private long forgottenTo;

  long revision() {
    return revision;
  }

  @Nullable ObjectNode get(ObjectKey key) {
    return objects.get(key);
  }

  List<ObjectNode> list(ResourceDefinition resource, String namespace) {
    List<ObjectNode> found = new ArrayList<>();
    objects
        .tailMap(ObjectKey.of(resource.groupResource(), namespace, ""), true)
        .forEach(
            (key, object) -> {
              if (key.resource().equals(resource.groupResource())
                  && (namespace.isEmpty() || key.namespace().equals(namespace))) {
                found.add(object);
              }
            });
    return found;
  }

  /** Stores a version under the next revision, which it returns in the object. */
  Change put(ObjectKey key, ObjectNode object) {
    ObjectNode stored = object.deepCopy();
    ((ObjectNode) stored.path("metadata")).put("resourceVersion", Long.toString(++revision));
    return record(new Change(revision, key, objects.put(key, stored), stored));
  }

  Change remove(ObjectKey key) {
    return record(new Change(++revision, key, objects.remove(key), null));
  }

  private Change record(Change change) {
    history.add(change);
    return change;
  }

  void forgetHistory() {
    history.clear();
    forgottenTo = revision;
  }

  /** Whether a watch from that revision would miss changes. */
  boolean forgotten(long from) {
    return from < forgottenTo;
  }

  List<Change> since(long from) {
    return history.stream().filter(change -> change.revision() > from).toList();
  }

  static JsonNode metadata(JsonNode object) {
    return object.path("metadata");
  }
}
