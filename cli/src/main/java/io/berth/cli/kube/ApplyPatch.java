package io.berth.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.schema.Schema;
import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ListOf;
import io.berth.api.schema.Schema.ObjectType;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The patch that client-side apply sends: all that the manifest says now, and deletions of what it
 * said when it was last applied and says no more. What others wrote in between is left as it is. A
 * pure function.
 */
final class ApplyPatch {
  private ApplyPatch() {}

  /**
   * @param last the manifest as it was last applied
   * @param now the manifest
   * @param type the kind's schema for a strategic merge patch, or null for a merge patch
   */
  static ObjectNode of(ObjectNode last, ObjectNode now, @Nullable ObjectType type) {
    ObjectNode patch = now.deepCopy();
    deletions(last, now, patch, type);
    return patch;
  }

  private static void deletions(
      ObjectNode last, ObjectNode now, ObjectNode patch, @Nullable ObjectType type) {
    for (var entry : last.properties()) {
      String name = entry.getKey();
      JsonNode kept = now.get(name);
      Field field = type == null ? null : type.field(name);
      if (kept == null) {
        patch.putNull(name);
      } else if (entry.getValue() instanceof ObjectNode before
          && kept instanceof ObjectNode after) {
        deletions(before, after, (ObjectNode) patch.get(name), objectType(field));
      } else if (entry.getValue() instanceof ArrayNode before
          && kept instanceof ArrayNode after
          && field != null
          && field.patch().merge()) {
        listDeletions(before, after, patch, field);
      }
    }
  }

  private static @Nullable ObjectType objectType(@Nullable Field field) {
    return field != null && field.type() instanceof ObjectType object ? object : null;
  }

  private static void listDeletions(
      ArrayNode before, ArrayNode after, ObjectNode patch, Field field) {
    String key = field.patch().mergeKey();
    ArrayNode items = (ArrayNode) patch.get(field.name());
    if (key == null) {
      Set<JsonNode> kept = new HashSet<>();
      after.forEach(kept::add);
      ArrayNode gone = Json.object().arrayNode();
      before.forEach(
          value -> {
            if (!kept.contains(value)) {
              gone.add(value);
            }
          });
      if (!gone.isEmpty()) {
        patch.set("$deleteFromPrimitiveList/" + field.name(), gone);
      }
      return;
    }
    for (JsonNode old : before) {
      int at = indexOf(after, key, old.path(key));
      if (at < 0) {
        items.addObject().put("$patch", "delete").set(key, old.path(key));
      } else if (old instanceof ObjectNode b && after.get(at) instanceof ObjectNode a) {
        deletions(b, a, (ObjectNode) items.get(at), itemType(field));
      }
    }
  }

  private static @Nullable ObjectType itemType(Field field) {
    Schema type = field.type();
    return type instanceof ListOf list && list.items() instanceof ObjectType object ? object : null;
  }

  private static int indexOf(ArrayNode items, String key, JsonNode value) {
    for (int i = 0; i < items.size(); i++) {
      if (items.get(i).path(key).equals(value)) {
        return i;
      }
    }
    return -1;
  }
}
