package io.berth.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.schema.Schema;
import io.berth.api.schema.Schema.PatchStrategy;
import io.berth.api.transport.Errors;
import org.jspecify.annotations.Nullable;

/** Merges a list by item, as a strategic merge patch does. */
final class ListMerge {
  private final String name;
  private final @Nullable Schema itemType;
  private final @Nullable String mergeKey;

  ListMerge(String name, @Nullable Schema itemType, PatchStrategy strategy) {
    this.name = name;
    this.itemType = itemType;
    this.mergeKey = strategy.mergeKey();
  }

  /**
   * @param ordered the patch also sets the order, which is then not this method's
   */
  ArrayNode merge(ArrayNode old, ArrayNode patch, boolean ordered) {
    if (patch.valueStream().anyMatch(item -> directive(item).equals("replace"))) {
      return Directives.items(patch);
    }
    ArrayNode merged = old.arrayNode();
    merged.addAll(old);
    for (JsonNode item : patch) {
      if (mergeKey == null || !item.isObject()) {
        scalar(merged, item);
      } else {
        object(merged, (ObjectNode) item, mergeKey);
      }
    }
    return ordered ? merged : new ListOrder(mergeKey).arrange(merged, patch, old);
  }

  private static String directive(JsonNode item) {
    return item.path(StrategicMergePatch.DIRECTIVE).asText("");
  }

  private void scalar(ArrayNode merged, JsonNode item) {
    if (item.isObject()) {
      throw Errors.unprocessable("cannot merge the list " + name + ": it has no merge key");
    }
    if (merged.valueStream().noneMatch(known -> Trees.equal(known, item))) {
      merged.add(item);
    }
  }

  private void object(ArrayNode merged, ObjectNode item, String mergeKey) {
    String key = StrategicMergePatch.key(name, item, mergeKey);
    switch (directive(item)) {
      case "delete" -> {
        for (int i = merged.size() - 1; i >= 0; i--) {
          if (merged.get(i).path(mergeKey).asText().equals(key)) {
            merged.remove(i);
          }
        }
        return;
      }
      case "merge" -> throw Errors.badRequest("merging lists cannot yet be specified in the patch");
      default -> {
        JsonNode directive = item.get(StrategicMergePatch.DIRECTIVE);
        if (directive != null) {
          throw StrategicMergePatch.unknownDirective(directive, item);
        }
      }
    }
    for (int i = 0; i < merged.size(); i++) {
      if (merged.get(i) instanceof ObjectNode known && known.path(mergeKey).asText().equals(key)) {
        merged.set(i, StrategicMergePatch.merge(known, item, itemType));
        return;
      }
    }
    merged.add(Directives.fields(item));
  }
}
