package io.berth.client;

import io.berth.api.object.ApiObject;
import java.util.List;

/**
 * The answer to a list.
 *
 * @param items the objects, in the server's order
 * @param resourceVersion the version that the list shows: a watch goes on from it
 */
public record ObjectList(List<ApiObject> items, String resourceVersion) {
  public ObjectList {
    items = List.copyOf(items);
  }
}
