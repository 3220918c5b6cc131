package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.berth.api.codec.Json;
import io.berth.api.schema.Schema;
import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ListOf;
import io.berth.api.schema.Schema.ListType;
import io.berth.api.schema.Schema.MapOf;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schema.Scalar;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Objects that fit their types, with few different values, so that they overlap. */
final class RandomObjects {
  private static final int DEPTH = 9;

  private final Random random;

  RandomObjects(Random random) {
    this.random = random;
  }

  ObjectNode object(ObjectType type) {
    return object(type, 0);
  }

  private ObjectNode object(ObjectType type, int depth) {
    ObjectNode object = Json.object();
    List<Field> fields = List.copyOf(type.fields().values());
    for (Field field : fields) {
      boolean structural =
          depth < 4 && Set.of("spec", "template", "containers").contains(field.name());
      if (structural || (depth < DEPTH && random.nextInt(Math.max(3, fields.size() / 3)) == 0)) {
        object.set(field.name(), value(field.type(), depth + 1));
      }
    }
    return object;
  }

  private JsonNode value(Schema schema, int depth) {
    return switch (schema) {
      case ObjectType type -> object(type, depth);
      case MapOf map -> {
        ObjectNode entries = Json.object();
        for (int i = random.nextInt(3); i > 0; i--) {
          entries.set("k" + random.nextInt(4), value(map.values(), depth + 1));
        }
        yield entries;
      }
      case ListOf list -> list(list, depth);
      case Scalar scalar -> scalar(scalar);
    };
  }

  private ArrayNode list(ListOf list, int depth) {
    ArrayNode items = Json.object().arrayNode();
    Set<PathElement> seen = new HashSet<>();
    Shape shape = Shape.of(list, false);
    for (int i = random.nextInt(4); i > 0; i--) {
      JsonNode item = value(list.items(), depth + 1);
      if (list.type() == ListType.MAP && list.items() instanceof ObjectType type) {
        for (String key : list.keys()) {
          Field field = type.field(key);
          if (field != null && (field.defaultValue() == null || random.nextBoolean())) {
            ((ObjectNode) item).set(key, value(field.type(), depth + 1));
          }
        }
      }
      if (list.type() == ListType.ATOMIC || seen.add(Items.element(shape, item))) {
        items.add(item);
      }
    }
    return items;
  }

  private JsonNode scalar(Scalar scalar) {
    int n = random.nextInt(4);
    return switch (scalar) {
      case STRING, BYTES, QUANTITY, INT_OR_STRING -> TextNode.valueOf("v" + n);
      case TIME, MICRO_TIME -> TextNode.valueOf("2026-01-01T00:00:0" + n + "Z");
      case BOOLEAN -> BooleanNode.valueOf(n % 2 == 0);
      case INT32, INT64, DOUBLE -> IntNode.valueOf(n);
      case ANY, OPEN -> Json.object().put("any", n);
    };
  }
}
