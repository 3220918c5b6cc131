package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.schema.Schema.ObjectType;

/**
 * The fields that a configuration names: its leaves, the entries of its maps and the items of its
 * lists. Objects, maps and lists themselves are not among them, but where they are empty.
 */
final class Extraction {
  private Extraction() {}

  static FieldSet of(ObjectType type, ObjectNode object) {
    return below(Shape.of(type), object);
  }

  private static boolean whole(Shape shape, JsonNode value) {
    return switch (shape) {
      case Shape.Leaf ignored -> true;
      case Shape.Deduced ignored -> !value.isObject();
      case Shape.Struct ignored -> false;
      case Shape.Entries ignored -> false;
      case Shape.Keyed ignored -> false;
      case Shape.ValueSet ignored -> false;
    };
  }

  private static FieldSet below(Shape shape, JsonNode value) {
    return switch (shape) {
      case Shape.Leaf ignored -> FieldSet.EMPTY;
      case Shape.Struct struct -> struct(struct, value);
      case Shape.Entries entries -> entries(entries.values(), value);
      case Shape.Keyed keyed -> items(keyed, keyed.items(), value);
      case Shape.ValueSet set -> items(set, Shape.Leaf.LEAF, value);
      case Shape.Deduced deduced -> entries(deduced, value);
    };
  }

  private static FieldSet struct(Shape.Struct struct, JsonNode value) {
    FieldSet.Builder set = new FieldSet.Builder();
    for (var field : value.properties()) {
      Shape.Part part = struct.part(field.getKey());
      Shape shape = part == null ? Shape.Deduced.DEDUCED : part.shape();
      JsonNode child = field.getValue();
      boolean member =
          part == null || whole(shape, child) || child.isNull() || isEmptyObject(child);
      PathElement element = part == null ? PathElement.field(field.getKey()) : part.element();
      set.add(element, member, below(shape, child));
    }
    return set.build();
  }

  private static boolean isEmptyObject(JsonNode value) {
    return value.isObject() && value.isEmpty();
  }

  private static FieldSet entries(Shape values, JsonNode value) {
    FieldSet.Builder set = new FieldSet.Builder();
    for (var entry : value.properties()) {
      set.add(PathElement.field(entry.getKey()), true, below(values, entry.getValue()));
    }
    return set.build();
  }

  private static FieldSet items(Shape list, Shape items, JsonNode value) {
    FieldSet.Builder set = new FieldSet.Builder();
    for (var item : Items.byElement(list, value).entrySet()) {
      boolean alone = item.getValue().size() == 1;
      set.add(
          item.getKey(), true, alone ? below(items, item.getValue().getFirst()) : FieldSet.EMPTY);
    }
    return set.build();
  }
}
