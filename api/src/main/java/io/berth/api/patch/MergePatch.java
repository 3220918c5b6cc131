package io.berth.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;

/** JSON merge patch, RFC 7386. */
public final class MergePatch {
  private MergePatch() {}

  /**
   * Applies a patch to a copy of an object.
   *
   * @throws ApiException 400 where the patch is no object
   */
  public static ObjectNode apply(ObjectNode object, JsonNode patch) {
    if (!(patch instanceof ObjectNode fields)) {
      throw Errors.badRequest("a merge patch must be a JSON object");
    }
    ObjectNode patched = object.deepCopy();
    merge(patched, fields);
    return patched;
  }

  private static void merge(ObjectNode target, ObjectNode patch) {
    for (var field : patch.properties()) {
      JsonNode value = field.getValue();
      if (value.isNull()) {
        target.remove(field.getKey());
      } else if (value instanceof ObjectNode fields) {
        boolean present = target.get(field.getKey()) instanceof ObjectNode;
        ObjectNode child = present ? (ObjectNode) target.get(field.getKey()) : Json.object();
        merge(child, fields);
        target.set(field.getKey(), child);
      } else {
        target.set(field.getKey(), value.deepCopy());
      }
    }
  }

  /**
   * The patch that turns one object into another. Values that are explicitly null in the new object
   * cannot be expressed and become absent.
   */
  public static ObjectNode diff(ObjectNode from, ObjectNode to) {
    ObjectNode patch = Json.object();
    from.fieldNames().forEachRemaining(name -> removed(patch, name, to));
    for (var field : to.properties()) {
      JsonNode old = from.get(field.getKey());
      JsonNode value = field.getValue();
      if (old instanceof ObjectNode was && value instanceof ObjectNode is) {
        ObjectNode inner = diff(was, is);
        if (!inner.isEmpty()) {
          patch.set(field.getKey(), inner);
        }
      } else if (!value.isNull() && (old == null || !Trees.equal(old, value))) {
        patch.set(field.getKey(), value.deepCopy());
      }
    }
    return patch;
  }

  private static void removed(ObjectNode patch, String name, ObjectNode to) {
    JsonNode value = to.get(name);
    if (value == null || value.isNull()) {
      patch.putNull(name);
    }
  }
}
