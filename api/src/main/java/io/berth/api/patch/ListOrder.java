package io.berth.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.berth.api.transport.Errors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The order of a merged list: items that the patch names stand in the patch's order; those that
 * only the server knows stand in the server's, before the first named item that they preceded
 * there.
 *
 * @param mergeKey what tells items apart, null for scalars
 */
record ListOrder(@Nullable String mergeKey) {

  /**
   * @param list the items
   * @param wanted the order that the patch gives
   * @param server the list before the patch
   */
  ArrayNode arrange(ArrayNode list, ArrayNode wanted, ArrayNode server) {
    List<JsonNode> named = new ArrayList<>();
    List<JsonNode> others = new ArrayList<>();
    list.forEach(item -> (indexOf(wanted, item) >= 0 ? named : others).add(item));
    named.sort(Comparator.comparingInt(item -> indexOf(wanted, item)));
    others.sort(Comparator.comparingInt(item -> indexOf(server, item)));
    ArrayNode arranged = list.arrayNode();
    int next = 0;
    for (JsonNode item : named) {
      int place = indexOf(server, item);
      while (next < others.size() && place >= 0 && indexOf(server, others.get(next)) < place) {
        arranged.add(others.get(next++));
      }
      arranged.add(item);
    }
    others.subList(next, others.size()).forEach(arranged::add);
    return arranged;
  }

  /**
   * The server's order as it decides where items stand once a patch has both deleted and added
   * some: what was added last takes the places of what was deleted, which are then the last ones.
   *
   * @param items the list in the patch, or null
   */
  ArrayNode refilled(ArrayNode server, @Nullable JsonNode items) {
    ArrayNode kept = server.arrayNode();
    kept.addAll(server);
    ArrayNode added = server.arrayNode();
    for (JsonNode item : items == null ? server.arrayNode() : items) {
      switch (item.path(StrategicMergePatch.DIRECTIVE).asText("")) {
        case "" -> {
          if (indexOf(server, item) < 0) {
            added.add(item);
          }
        }
        case "delete" -> {
          int place = indexOf(kept, item);
          if (place >= 0) {
            kept.remove(place);
          }
        }
        default -> {
          return server;
        }
      }
    }
    for (int i = 0; kept.size() < server.size() && i < added.size(); i++) {
      kept.add(added.get(i));
    }
    return kept;
  }

  /**
   * Checks that the order names every item of the patch's list and keeps their order.
   *
   * @param items the list in the same patch, or null
   */
  void check(String name, ArrayNode wanted, @Nullable JsonNode items) {
    int last = -1;
    for (JsonNode item : items == null ? wanted.arrayNode() : items) {
      if (item.has(StrategicMergePatch.DIRECTIVE)) {
        continue;
      }
      int place = indexOf(wanted, item);
      if (place < 0 || place < last) {
        throw Errors.badRequest(
            "The order in patch list: "
                + items
                + " doesn't match $setElementOrder/"
                + name
                + " list: "
                + wanted);
      }
      last = place;
    }
  }

  private int indexOf(ArrayNode list, JsonNode item) {
    for (int i = 0; i < list.size(); i++) {
      if (same(list.get(i), item)) {
        return i;
      }
    }
    return -1;
  }

  private boolean same(JsonNode a, JsonNode b) {
    if (mergeKey != null && a.isObject() && b.isObject()) {
      return a.has(mergeKey) && a.path(mergeKey).asText().equals(b.path(mergeKey).asText());
    }
    return Trees.equal(a, b);
  }
}
