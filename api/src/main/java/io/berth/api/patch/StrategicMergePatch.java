package io.berth.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.schema.Schema;
import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ListOf;
import io.berth.api.schema.Schema.MapOf;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schema.PatchStrategy;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Strategic merge patch: a merge patch that knows from the schema which lists are merged by item,
 * and by which key. Its directives:
 *
 * <ul>
 *   <li>{@code $patch: replace | delete} in an object; in an item of a list {@code delete} is about
 *       the item, {@code replace} about the whole list
 *   <li>{@code $retainKeys: [..]}: fields not named are dropped
 *   <li>{@code $deleteFromPrimitiveList/FIELD: [..]}: values leave a merged list
 *   <li>{@code $setElementOrder/FIELD: [..]}: the order of a merged list; items that the patch does
 *       not know keep their places relative to it
 * </ul>
 */
public final class StrategicMergePatch {
  static final String DIRECTIVE = "$patch";
  static final String RETAIN_KEYS = "$retainKeys";
  static final String DELETE_FROM = "$deleteFromPrimitiveList/";
  static final String SET_ORDER = "$setElementOrder/";

  private StrategicMergePatch() {}

  /**
   * Applies a patch to a copy of an object.
   *
   * @throws ApiException 400 where the patch is malformed, 422 where it does not fit the type
   */
  public static ObjectNode apply(ObjectNode object, JsonNode patch, ObjectType type) {
    if (!(patch instanceof ObjectNode fields)) {
      throw Errors.badRequest("a strategic merge patch must be a JSON object");
    }
    return merge(object.deepCopy(), fields, type);
  }

  /** Merges into {@code target}, which the result may share; {@code patch} is left alone. */
  static ObjectNode merge(ObjectNode target, ObjectNode patch, @Nullable Schema type) {
    JsonNode directive = patch.get(DIRECTIVE);
    if (directive != null) {
      return switch (directive.asText()) {
        case "replace" -> Directives.fields(patch);
        case "delete" -> target.removeAll();
        default -> throw unknownDirective(directive, patch);
      };
    }
    Directives.retainKeys(target, patch);
    Map<String, ArrayNode> before = orderedLists(target, patch);
    for (var entry : patch.properties()) {
      String name = entry.getKey();
      if (name.startsWith(DELETE_FROM)) {
        deleteFromList(target, name.substring(DELETE_FROM.length()), entry.getValue());
      } else if (!name.startsWith("$")) {
        field(target, name, entry.getValue(), patch, type);
      }
    }
    order(target, patch, type, before);
    return target;
  }

  private static void field(
      ObjectNode target, String name, JsonNode value, ObjectNode patch, @Nullable Schema type) {
    if (value.isNull()) {
      target.remove(name);
      return;
    }
    Schema child = child(type, name);
    PatchStrategy strategy = strategy(type, name);
    JsonNode old = target.get(name);
    if (old instanceof ObjectNode object
        && value instanceof ObjectNode fields
        && !strategy.replace()) {
      target.set(name, merge(object, fields, child));
    } else if (old instanceof ArrayNode list
        && value instanceof ArrayNode items
        && strategy.merge()) {
      Schema itemType = child instanceof ListOf listOf ? listOf.items() : null;
      boolean ordered = patch.has(SET_ORDER + name);
      target.set(name, new ListMerge(name, itemType, strategy).merge(list, items, ordered));
    } else {
      JsonNode added = Directives.added(value);
      if (added == null) {
        target.remove(name);
      } else {
        target.set(name, added);
      }
    }
  }

  private static void deleteFromList(ObjectNode target, String name, JsonNode values) {
    if (!(values instanceof ArrayNode doomed)) {
      throw Errors.badRequest("invalid patch format of primitive list");
    }
    if (target.get(name) instanceof ArrayNode list) {
      for (int i = list.size() - 1; i >= 0; i--) {
        JsonNode item = list.get(i);
        if (doomed.valueStream().anyMatch(value -> Trees.equal(value, item))) {
          list.remove(i);
        }
      }
    }
  }

  /** The lists that the patch has an order for, as they were: merging makes new ones. */
  private static Map<String, ArrayNode> orderedLists(ObjectNode target, ObjectNode patch) {
    Map<String, ArrayNode> lists = new HashMap<>();
    for (var entry : patch.properties()) {
      if (entry.getKey().startsWith(SET_ORDER)) {
        String name = entry.getKey().substring(SET_ORDER.length());
        boolean present = target.get(name) instanceof ArrayNode;
        lists.put(name, present ? (ArrayNode) target.get(name) : target.arrayNode());
      }
    }
    return lists;
  }

  /** Orders the lists that the patch has a {@code $setElementOrder} for. */
  private static void order(
      ObjectNode target, ObjectNode patch, @Nullable Schema type, Map<String, ArrayNode> before) {
    before.forEach(
        (name, server) -> {
          if (!(patch.get(SET_ORDER + name) instanceof ArrayNode wanted)) {
            throw Errors.badRequest("invalid patch format of setElementOrder list");
          }
          ListOrder order = new ListOrder(strategy(type, name).mergeKey());
          order.check(name, wanted, patch.get(name));
          if (target.get(name) instanceof ArrayNode list) {
            target.set(name, order.arrange(list, wanted, order.refilled(server, patch.get(name))));
          }
        });
  }

  private static @Nullable Schema child(@Nullable Schema type, String name) {
    return switch (type) {
      case ObjectType object -> {
        Field field = object.field(name);
        yield field == null ? null : field.type();
      }
      case MapOf map -> map.values();
      case null, default -> null;
    };
  }

  private static PatchStrategy strategy(@Nullable Schema type, String name) {
    Field field = type instanceof ObjectType object ? object.field(name) : null;
    return field == null ? PatchStrategy.NONE : field.patch();
  }

  /** The value of an item's merge key, as text. */
  static String key(String list, JsonNode item, String mergeKey) {
    JsonNode value = item.get(mergeKey);
    if (value == null || value.isNull()) {
      throw Errors.unprocessable(
          "map: " + item + " does not contain declared merge key: " + mergeKey + " in " + list);
    }
    return value.asText();
  }

  static ApiException unknownDirective(JsonNode directive, JsonNode item) {
    return Errors.badRequest("unknown patch type: " + directive.asText() + " in map: " + item);
  }
}
