package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.schema.Schema.ObjectType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A configuration laid over an object: its leaves replace, its entries and items join those of the
 * object. Results share nothing with what they were made of.
 */
public final class Merge {
  private Merge() {}

  /** The object with the configuration laid over it; both are left as they are. */
  public static ObjectNode of(ObjectType type, ObjectNode live, ObjectNode config) {
    return (ObjectNode) merge(Shape.of(type), live, config);
  }

  private static JsonNode merge(Shape shape, JsonNode live, JsonNode config) {
    return switch (shape) {
      case Shape.Leaf ignored -> config.deepCopy();
      case Shape.Struct struct -> entries(struct, live, config);
      case Shape.Entries entries -> entries(entries, live, config);
      case Shape.Deduced deduced ->
          live.isObject() && config.isObject() ? entries(deduced, live, config) : config.deepCopy();
      case Shape.Keyed keyed -> items(keyed, live, config);
      case Shape.ValueSet set -> items(set, live, config);
    };
  }

  /** Whether one of the two is the result: it says more than the other, which is null or empty. */
  private static @Nullable JsonNode oneOf(JsonNode live, JsonNode config) {
    if (live.isEmpty()) {
      return config.deepCopy();
    }
    return config.isEmpty() ? live.deepCopy() : null;
  }

  private static JsonNode entries(Shape shape, JsonNode live, JsonNode config) {
    JsonNode one = oneOf(live, config);
    if (one != null) {
      return one;
    }
    ObjectNode merged = live.deepCopy();
    for (var entry : config.properties()) {
      JsonNode old = live.get(entry.getKey());
      JsonNode value = entry.getValue();
      merged.set(
          entry.getKey(),
          old == null ? value.deepCopy() : merge(child(shape, entry.getKey()), old, value));
    }
    return merged;
  }

  private static Shape child(Shape shape, String name) {
    return switch (shape) {
      case Shape.Struct struct -> {
        Shape.Part part = struct.part(name);
        yield part == null ? Shape.Deduced.DEDUCED : part.shape();
      }
      case Shape.Entries entries -> entries.values();
      default -> Shape.Deduced.DEDUCED;
    };
  }

  private static JsonNode items(Shape list, JsonNode live, JsonNode config) {
    JsonNode one = oneOf(live, config);
    if (one != null) {
      return one;
    }
    Shape items = list instanceof Shape.Keyed keyed ? keyed.items() : Shape.Leaf.LEAF;
    Map<PathElement, JsonNode> wanted = new LinkedHashMap<>();
    for (JsonNode item : config) {
      PathElement element = Items.element(list, item);
      if (element != null) {
        wanted.put(element, item);
      }
    }
    Map<PathElement, List<JsonNode>> there = Items.byElement(list, live);
    ArrayNode merged = ((ArrayNode) live).arrayNode();
    for (Slot slot : order(list, live, wanted.keySet())) {
      switch (slot) {
        case Slot.Kept(JsonNode item) -> merged.add(item.deepCopy());
        case Slot.Wanted(PathElement element) -> {
          JsonNode item = wanted.getOrDefault(element, config);
          List<JsonNode> old = there.getOrDefault(element, List.of());
          // An item that is there several times is replaced by the one that is wanted.
          merged.add(old.size() == 1 ? merge(items, old.getFirst(), item) : item.deepCopy());
        }
      }
    }
    return merged;
  }

  /** A place in a merged list. */
  private sealed interface Slot {
    /** An item of the object that the configuration does not name. */
    record Kept(JsonNode item) implements Slot {}

    /** An item of the configuration. */
    record Wanted(PathElement element) implements Slot {}
  }

  /**
   * The configuration's items in its order; each of the object's other items after the items that
   * it follows in the object.
   */
  private static List<Slot> order(Shape list, JsonNode live, Set<PathElement> wanted) {
    List<Slot> slots = new ArrayList<>();
    List<PathElement> asked = List.copyOf(wanted);
    Set<PathElement> present = Items.byElement(list, live).keySet();
    Deque<PathElement> shared = new ArrayDeque<>(asked);
    shared.retainAll(present);
    Set<PathElement> placed = new HashSet<>();
    int i = 0;
    int j = 0;
    while (i < live.size() || j < asked.size()) {
      if (i < live.size()) {
        PathElement mine = Items.element(list, live.get(i));
        if (mine == null || !wanted.contains(mine)) {
          slots.add(new Slot.Kept(live.get(i++)));
          continue;
        }
        PathElement head = shared.peek();
        if (j == asked.size()
            || (head != null && !head.equals(mine) && !mine.equals(asked.get(j)))) {
          i++; // its place is where the configuration has it
          continue;
        }
        if (mine.equals(asked.get(j)) || placed.contains(mine)) {
          i++;
        }
      }
      PathElement next = asked.get(j++);
      placed.add(next);
      slots.add(new Slot.Wanted(next));
      if (next.equals(shared.peek())) {
        shared.poll();
      }
    }
    return slots;
  }
}
