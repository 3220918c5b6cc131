package io.berth.api.apply;

import io.berth.api.schema.Schema.ObjectType;
import org.jspecify.annotations.Nullable;

/**
 * A set in which a field that has paths below it is in the set itself. Configurations own what is
 * in an object and not that it is there; when what they own goes, what held only that must go too.
 */
final class NamedFields {
  private NamedFields() {}

  static FieldSet asMembers(ObjectType type, FieldSet set) {
    return below(Shape.of(type), set);
  }

  private static FieldSet below(Shape shape, FieldSet set) {
    FieldSet.Builder named = new FieldSet.Builder();
    for (FieldSet.Entry entry : set.entries()) {
      String name = entry.element().fieldName();
      Shape.Part part = name != null && shape instanceof Shape.Struct s ? s.part(name) : null;
      FieldSet below = below(child(shape, part), entry.below());
      named.add(entry.element(), entry.member() || part != null, below);
    }
    return named.build();
  }

  private static Shape child(Shape shape, Shape.@Nullable Part part) {
    return switch (shape) {
      case Shape.Struct ignored -> part == null ? Shape.Deduced.DEDUCED : part.shape();
      case Shape.Entries entries -> entries.values();
      case Shape.Keyed keyed -> keyed.items();
      case Shape.ValueSet ignored -> Shape.Leaf.LEAF;
      case Shape.Leaf ignored -> Shape.Leaf.LEAF;
      case Shape.Deduced ignored -> Shape.Deduced.DEDUCED;
    };
  }
}
