package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.schema.Schema;
import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ListOf;
import io.berth.api.schema.Schema.MapOf;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schema.Scalar;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A schema as ownership sees it: what is owned whole, and what in parts. Made from a schema once
 * and kept with it.
 */
sealed interface Shape {
  /** Owned whole: scalars, and lists, maps and objects that are atomic. */
  enum Leaf implements Shape {
    LEAF
  }

  /** A value that no schema describes: objects are owned by entry, all else whole. */
  enum Deduced implements Shape {
    DEDUCED
  }

  /** Owned by entry. */
  record Entries(Shape values) implements Shape {}

  /** A list of scalars, owned by value. */
  enum ValueSet implements Shape {
    VALUE_SET
  }

  /** A list of objects, owned by key. */
  final class Keyed implements Shape {
    private final Shape items;
    private final String[] keys;
    private final @Nullable JsonNode[] defaults;

    Keyed(ListOf list) {
      this.items = of(list.items(), false);
      this.keys = list.keys().toArray(String[]::new);
      this.defaults = new JsonNode[keys.length];
      for (int i = 0; i < keys.length; i++) {
        Field field = list.items() instanceof ObjectType type ? type.field(keys[i]) : null;
        defaults[i] = field == null ? null : field.defaultValue();
      }
    }

    Shape items() {
      return items;
    }

    /**
     * Which item of the list this is; null where it has none of the keys, as a list that broke its
     * rules before they were made may have it.
     */
    @Nullable PathElement element(JsonNode item) {
      ObjectNode key = null;
      for (int i = 0; i < keys.length; i++) {
        JsonNode value = item.get(keys[i]);
        if (value == null) {
          value = defaults[i];
        }
        if (value != null) {
          key = key == null ? io.berth.api.codec.Json.object() : key;
          key.set(keys[i], value);
        }
      }
      return key == null ? null : PathElement.key(key);
    }
  }

  /** A field of an object. */
  final class Part {
    private final PathElement element;
    private final boolean embedded;
    private final Schema schema;
    private final boolean atomic;
    private @Nullable Shape shape;

    Part(ObjectType parent, Field field) {
      this.element = PathElement.field(field.name());
      this.embedded = EmbeddedFields.contains(parent, field);
      this.schema = field.type();
      this.atomic = field.atomic();
    }

    PathElement element() {
      return element;
    }

    /** Whether it is part of its parent: a missing one and an empty one are the same. */
    boolean embedded() {
      return embedded;
    }

    /** Made when first needed, for types refer to each other in circles. */
    Shape shape() {
      Shape known = shape;
      if (known == null) {
        known = of(schema, atomic);
        shape = known; // many may do so at once: all make the same
      }
      return known;
    }
  }

  /** An object with named fields, each owned for itself. */
  final class Struct implements Shape {
    private final Map<String, Part> parts = new HashMap<>();

    Struct(ObjectType type) {
      type.fields().forEach((name, field) -> parts.put(name, new Part(type, field)));
    }

    /** The field of a name, or null where the type has none. */
    @Nullable Part part(String name) {
      return parts.get(name);
    }
  }

  static Shape of(ObjectType type) {
    return of(type, false);
  }

  /**
   * @param atomic whether the field that holds the value says that it is owned whole
   */
  static Shape of(Schema schema, boolean atomic) {
    return switch (schema) {
      case ObjectType type ->
          atomic || type.atomic() ? Leaf.LEAF : type.derived(Struct.class, Struct::new);
      case MapOf map -> atomic ? Leaf.LEAF : new Entries(of(map.values(), false));
      case ListOf list ->
          switch (list.type()) {
            case ATOMIC -> Leaf.LEAF;
            case SET -> ValueSet.VALUE_SET;
            case MAP -> new Keyed(list);
          };
      case Scalar scalar -> scalar == Scalar.OPEN && !atomic ? Deduced.DEDUCED : Leaf.LEAF;
    };
  }
}
