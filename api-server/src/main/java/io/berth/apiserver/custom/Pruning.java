package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schemas;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Drops the fields of objects that their structural schema does not name. */
final class Pruning {
  private static final Set<String> OBJECT_FIELDS = Set.of("apiVersion", "kind", "metadata");

  private static final ObjectType METADATA = Schemas.find("meta.v1.ObjectMeta").orElseThrow();

  private final Consumer<String> dropped;

  private Pruning(Consumer<String> dropped) {
    this.dropped = dropped;
  }

  /**
   * Changes an object in place.
   *
   * @param dropped gets the path of each field that was dropped: {@code spec.list[0].field}
   */
  static void prune(Structural root, ObjectNode object, Consumer<String> dropped) {
    new Pruning(dropped).object(root, object, "", true);
  }

  private void value(Structural schema, JsonNode value, String path) {
    switch (value) {
      case ObjectNode object -> object(schema, object, path, schema.embedded());
      case ArrayNode array -> {
        Structural items = schema.items();
        for (int i = 0; i < array.size(); i++) {
          if (items != null) {
            value(items, array.get(i), path + "[" + i + "]");
          }
        }
      }
      default -> {}
    }
  }

  private void object(Structural schema, ObjectNode object, String path, boolean resource) {
    Structural entries = schema.entries();
    Iterator<Map.Entry<String, JsonNode>> fields = object.properties().iterator();
    while (fields.hasNext()) {
      Map.Entry<String, JsonNode> field = fields.next();
      String name = field.getKey();
      if (resource && OBJECT_FIELDS.contains(name)) {
        if (!path.isEmpty() && name.equals("metadata")) {
          metadata(field.getValue(), path + ".metadata");
        }
        continue;
      }
      Structural property = schema.properties().get(name);
      String at = path.isEmpty() ? name : path + "." + name;
      if (property != null) {
        value(property, field.getValue(), at);
      } else if (entries != null) {
        value(entries, field.getValue(), at);
      } else if (!schema.anyEntries() && !schema.preserve()) {
        fields.remove();
        dropped.accept(at);
      }
    }
  }

  /** That of an object within another: of a whole object the server itself looks after it. */
  private void metadata(JsonNode metadata, String path) {
    Iterator<Map.Entry<String, JsonNode>> fields = metadata.properties().iterator();
    while (fields.hasNext()) {
      String name = fields.next().getKey();
      if (METADATA.field(name) == null) {
        fields.remove();
        dropped.accept(path + "." + name);
      }
    }
  }

  /** The paths that pruning would drop. */
  static List<String> unknown(Structural root, ObjectNode object) {
    List<String> paths = new ArrayList<>();
    prune(root, object.deepCopy(), paths::add);
    paths.sort(null);
    return paths;
  }
}
