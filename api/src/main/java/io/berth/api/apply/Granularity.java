package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * Brings sets of owned fields in line with a schema that owns whole what it once owned in parts:
 * who owned a part owns the whole from then on. The other way round a set stays as it is, as in
 * Kubernetes. Pure.
 */
final class Granularity {
  private Granularity() {}

  /** Whether a written set names parts of what the shape owns whole. */
  static boolean outdated(Shape shape, JsonNode written) {
    for (var field : written.properties()) {
      if (field.getKey().equals(FieldsV1.SELF)) {
        continue;
      }
      if (shape == Shape.Leaf.LEAF
          || outdated(child(shape, name(field.getKey())), field.getValue())) {
        return true;
      }
    }
    return false;
  }

  /** The set with the whole in place of its parts. */
  static FieldSet adjusted(Shape shape, FieldSet set) {
    FieldSet.Builder adjusted = new FieldSet.Builder();
    for (FieldSet.Entry entry : set.entries()) {
      Shape child = child(shape, entry.element().fieldName());
      if (child == Shape.Leaf.LEAF && !entry.below().isEmpty()) {
        adjusted.add(entry.element(), true, FieldSet.EMPTY);
      } else {
        adjusted.add(entry.element(), entry.member(), adjusted(child, entry.below()));
      }
    }
    return adjusted.build();
  }

  /** The name of a field as sets write it; null for an item of a list. */
  private static @Nullable String name(String element) {
    return element.startsWith("f:") ? element.substring(2) : null;
  }

  private static Shape child(Shape shape, @Nullable String name) {
    return switch (shape) {
      case Shape.Struct struct -> {
        Shape.Part part = name == null ? null : struct.part(name);
        yield part == null ? Shape.Deduced.DEDUCED : part.shape();
      }
      case Shape.Entries entries -> entries.values();
      case Shape.Keyed keyed -> keyed.items();
      case Shape.ValueSet ignored -> Shape.Deduced.DEDUCED;
      case Shape.Deduced deduced -> deduced;
      case Shape.Leaf leaf -> leaf;
    };
  }
}
