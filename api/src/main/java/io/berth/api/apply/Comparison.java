package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.patch.Trees;
import io.berth.api.schema.Schema.ObjectType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which fields differ between two versions of an object. What is equal costs no more than to see
 * that it is.
 *
 * @param changed fields that were added or have another value
 * @param removed fields that are gone
 */
public record Comparison(FieldSet changed, FieldSet removed) {
  static final Comparison NONE = new Comparison(FieldSet.EMPTY, FieldSet.EMPTY);

  private static final ObjectNode EMPTY_OBJECT = JsonNodeFactory.instance.objectNode();
  private static final ArrayNode EMPTY_LIST = JsonNodeFactory.instance.arrayNode();

  public static Comparison of(ObjectType type, ObjectNode before, ObjectNode after) {
    Difference root = new Difference();
    compare(Shape.of(type), before, after, root);
    return new Comparison(root.changed.build(), root.removed.build());
  }

  /** Whether nothing differs. */
  public boolean isEmpty() {
    return changed.isEmpty() && removed.isEmpty();
  }

  /** Without fields that the writer cannot set, and all below them. */
  Comparison without(FieldSet ignored) {
    FieldSet kept = changed.recursiveDifference(ignored);
    return new Comparison(kept, removed.recursiveDifference(ignored));
  }

  /** What is found at one place. */
  private static final class Difference {
    private final FieldSet.Builder changed = new FieldSet.Builder();
    private final FieldSet.Builder removed = new FieldSet.Builder();
    private boolean selfChanged;
    private boolean selfRemoved;

    void addTo(Difference parent, PathElement element) {
      parent.changed.add(element, selfChanged, changed.build());
      parent.removed.add(element, selfRemoved, removed.build());
    }
  }

  /** Compares two values that differ, at least one of which is there. */
  private static void compare(
      Shape shape, @Nullable JsonNode before, @Nullable JsonNode after, Difference found) {
    switch (shape) {
      case Shape.Leaf ignored -> leaf(before, after, found);
      case Shape.Struct struct -> struct(struct, before, after, found);
      case Shape.Entries entries -> entries(entries.values(), before, after, found);
      case Shape.Keyed keyed -> items(keyed, before, after, found);
      case Shape.ValueSet ignored -> items(shape, before, after, found);
      case Shape.Deduced deduced -> deduced(deduced, before, after, found);
    }
  }

  private static void leaf(@Nullable JsonNode before, @Nullable JsonNode after, Difference found) {
    if (after == null) {
      found.selfRemoved = true;
    } else if (before == null || !Trees.equal(before, after)) {
      found.selfChanged = true;
    }
  }

  private static void deduced(
      Shape.Deduced shape, @Nullable JsonNode before, @Nullable JsonNode after, Difference found) {
    boolean wasObject = before instanceof ObjectNode;
    boolean isObject = after instanceof ObjectNode;
    if ((wasObject && isObject) || (wasObject && after == null) || (isObject && before == null)) {
      entries(shape, before, after, found);
      return;
    }
    if (wasObject) {
      entries(shape, before, null, found);
      found.selfRemoved = false;
    } else if (isObject) {
      entries(shape, null, after, found);
    }
    leaf(before, after, found);
  }

  /** A value that is missing, null or empty on both sides is compared whole. */
  private static boolean emptyLeaf(
      @Nullable JsonNode before, @Nullable JsonNode after, Difference found) {
    boolean empty = (before == null || before.isEmpty()) && (after == null || after.isEmpty());
    if (empty) {
      leaf(before, after, found);
    } else if (before == null) {
      found.selfChanged = true;
    } else if (after == null) {
      found.selfRemoved = true;
    }
    return empty;
  }

  private static void struct(
      Shape.Struct struct, @Nullable JsonNode before, @Nullable JsonNode after, Difference found) {
    if (emptyLeaf(before, after, found)) {
      return;
    }
    boolean both = before != null && after != null;
    if (after != null) {
      for (var field : after.properties()) {
        JsonNode old = before == null ? null : before.get(field.getKey());
        part(struct, field.getKey(), old, field.getValue(), both, found);
      }
    }
    if (before != null) {
      for (var field : before.properties()) {
        if (after == null || !after.has(field.getKey())) {
          part(struct, field.getKey(), field.getValue(), null, both, found);
        }
      }
    }
  }

  /**
   * @param both whether the object around the field was and is there
   */
  private static void part(
      Shape.Struct struct,
      String name,
      @Nullable JsonNode before,
      @Nullable JsonNode after,
      boolean both,
      Difference found) {
    Shape.Part part = struct.part(name);
    if (part == null) {
      child(Shape.Deduced.DEDUCED, PathElement.field(name), before, after, found);
    } else if (both && part.embedded()) {
      child(part.shape(), part.element(), orEmpty(before, after), orEmpty(after, before), found);
    } else {
      child(part.shape(), part.element(), before, after, found);
    }
  }

  private static @Nullable JsonNode orEmpty(@Nullable JsonNode node, @Nullable JsonNode like) {
    if (node != null || like == null) {
      return node;
    }
    if (like.isValueNode()) {
      boolean zero = like.isNull() || like.asText().isEmpty();
      return zero ? like : null;
    }
    return like.isArray() ? EMPTY_LIST : EMPTY_OBJECT;
  }

  private static void entries(
      Shape values, @Nullable JsonNode before, @Nullable JsonNode after, Difference found) {
    if (emptyLeaf(before, after, found)) {
      return;
    }
    if (after != null) {
      for (var entry : after.properties()) {
        JsonNode old = before == null ? null : before.get(entry.getKey());
        child(values, PathElement.field(entry.getKey()), old, entry.getValue(), found);
      }
    }
    if (before != null) {
      for (var entry : before.properties()) {
        if (after == null || !after.has(entry.getKey())) {
          child(values, PathElement.field(entry.getKey()), entry.getValue(), null, found);
        }
      }
    }
  }

  private static void child(
      Shape shape,
      PathElement element,
      @Nullable JsonNode before,
      @Nullable JsonNode after,
      Difference found) {
    if (before == null || after == null || !before.equals(after)) {
      Difference below = new Difference();
      compare(shape, before, after, below);
      below.addTo(found, element);
    }
  }

  private static void items(
      Shape list, @Nullable JsonNode before, @Nullable JsonNode after, Difference found) {
    if (emptyLeaf(before, after, found)) {
      return;
    }
    Shape items = list instanceof Shape.Keyed keyed ? keyed.items() : Shape.Leaf.LEAF;
    Map<PathElement, List<JsonNode>> was = Items.byElement(list, before);
    Map<PathElement, List<JsonNode>> is = Items.byElement(list, after);
    for (var item : is.entrySet()) {
      List<JsonNode> old = was.getOrDefault(item.getKey(), List.of());
      item(items, item.getKey(), old, item.getValue(), found);
    }
    for (var item : was.entrySet()) {
      if (!is.containsKey(item.getKey())) {
        item(items, item.getKey(), item.getValue(), List.of(), found);
      }
    }
  }

  /**
   * Items of the same key. Where there are several, which may be so in objects that were stored
   * before the list's rules were made, they are owned together.
   */
  private static void item(
      Shape shape,
      PathElement element,
      List<JsonNode> before,
      List<JsonNode> after,
      Difference found) {
    if (before.size() <= 1 && after.size() <= 1) {
      child(
          shape,
          element,
          before.isEmpty() ? null : before.getFirst(),
          after.isEmpty() ? null : after.getFirst(),
          found);
      return;
    }
    Difference below = new Difference();
    if (before.size() > 1 && after.size() > 1) {
      below.selfChanged = !before.equals(after);
    } else if (before.size() > 1) {
      if (!after.isEmpty()) {
        compare(shape, null, after.getFirst(), below);
      }
      below.selfRemoved = true;
    } else {
      if (!before.isEmpty()) {
        compare(shape, before.getFirst(), null, below);
      }
      below.selfChanged = true;
    }
    below.addTo(found, element);
  }
}
