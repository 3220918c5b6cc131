package io.berth.controllers.object;

import io.berth.api.object.ApiObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The newest versions of children as the server answered them to their owner's writes, until the
 * informer shows the same or a newer one: a step decides on what it wrote itself, also where the
 * informer is behind. Safe for use by many threads.
 */
public final class LatestWrites {
  private final Map<String, Map<String, ApiObject>> byOwner = new HashMap<>();

  /** The server answered a write with this version. */
  public synchronized void wrote(String owner, ApiObject child) {
    byOwner.computeIfAbsent(owner, uid -> new TreeMap<>()).put(child.header().uid(), child);
  }

  /** The child is gone. */
  public synchronized void gone(String childUid) {
    byOwner.values().forEach(children -> children.remove(childUid));
    byOwner.values().removeIf(Map::isEmpty);
  }

  /** The owner is gone. */
  public synchronized void forget(String owner) {
    byOwner.remove(owner);
  }

  /** The children in their newest known versions. */
  public synchronized List<ApiObject> current(String owner, List<ApiObject> shown) {
    Map<String, ApiObject> written = byOwner.get(owner);
    if (written == null) {
      return shown;
    }
    List<ApiObject> current = new ArrayList<>();
    for (ApiObject child : shown) {
      ApiObject newer = written.remove(child.header().uid());
      if (newer != null && newer.header().revision() > child.header().revision()) {
        written.put(child.header().uid(), newer);
      } else {
        current.add(child);
      }
    }
    current.addAll(written.values());
    if (written.isEmpty()) {
      byOwner.remove(owner);
    }
    return current;
  }
}
