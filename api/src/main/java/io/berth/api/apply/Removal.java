package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.schema.Schema.ObjectType;
import org.jspecify.annotations.Nullable;

/** An object without a set of its fields. */
final class Removal {
  private Removal() {}

  /** A copy without those fields; maps and lists that lose their last entry stay, empty. */
  static ObjectNode of(ObjectType type, ObjectNode object, FieldSet gone) {
    ObjectNode copy = object.deepCopy();
    remove(Shape.of(type), copy, gone);
    return copy;
  }

  private static void remove(Shape shape, JsonNode value, FieldSet gone) {
    switch (shape) {
      case Shape.Struct struct -> fields(struct, value, gone);
      case Shape.Entries entries -> fields(entries, value, gone);
      case Shape.Deduced deduced -> fields(deduced, value, gone);
      case Shape.Keyed keyed -> items(keyed, keyed.items(), value, gone);
      case Shape.ValueSet set -> items(set, Shape.Leaf.LEAF, value, gone);
      case Shape.Leaf ignored -> {} // is owned whole: nothing below it can be in the set
    }
  }

  private static void fields(Shape shape, JsonNode value, FieldSet gone) {
    if (!(value instanceof ObjectNode object)) {
      return;
    }
    for (FieldSet.Entry entry : gone.entries()) {
      String name = entry.element().fieldName();
      JsonNode child = name == null ? null : object.get(name);
      if (child == null) {
        continue;
      }
      if (entry.member()) {
        object.remove(name);
      } else {
        remove(child(shape, name), child, entry.below());
      }
    }
  }

  private static Shape child(Shape shape, @Nullable String name) {
    return switch (shape) {
      case Shape.Struct struct -> {
        Shape.Part part = name == null ? null : struct.part(name);
        yield part == null ? Shape.Deduced.DEDUCED : part.shape();
      }
      case Shape.Entries entries -> entries.values();
      default -> Shape.Deduced.DEDUCED;
    };
  }

  private static void items(Shape list, Shape items, JsonNode value, FieldSet gone) {
    if (!(value instanceof ArrayNode array)) {
      return;
    }
    for (int i = array.size() - 1; i >= 0; i--) {
      PathElement element = Items.element(list, array.get(i));
      if (element == null) {
        continue;
      }
      if (gone.hasMember(element)) {
        array.remove(i);
      } else {
        remove(items, array.get(i), gone.below(element));
      }
    }
  }
}
