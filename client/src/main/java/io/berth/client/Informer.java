package io.berth.client;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A local copy of a resource's objects, kept up to date by list and watch; one a kind and process,
 * shared by all who read that kind. It lags behind the server: what is written must still be
 * checked there, by its resourceVersion.
 *
 * <p>Handlers are told of every change one after the other, after the copy has it; a missed watch
 * shows as the difference to the next list. A handler must be quick: it puts keys into queues. Safe
 * for use by many threads.
 */
public final class Informer {
  /** Is told of changes. */
  public interface Handler {
    void onAdd(ApiObject now);

    void onUpdate(ApiObject before, ApiObject now);

    /** The last version that was seen; the deletion itself may have been missed. */
    void onDelete(ApiObject last);
  }

  private record Index(
      Function<ApiObject, Collection<String>> values,
      Map<String, NavigableMap<ObjectKey, ApiObject>> entries) {
    void put(ApiObject object) {
      values.apply(object).forEach(value -> put(value, object));
    }

    /** Takes the next version of an object, which most often stays where it is. */
    void replace(ApiObject before, ApiObject now) {
      Collection<String> left = values.apply(before);
      Collection<String> entered = values.apply(now);
      for (String value : left) {
        if (!entered.contains(value)) {
          remove(value, before);
        }
      }
      entered.forEach(value -> put(value, now));
    }

    void remove(ApiObject object) {
      values.apply(object).forEach(value -> remove(value, object));
    }

    private void put(String value, ApiObject object) {
      entries.computeIfAbsent(value, v -> new TreeMap<>()).put(object.key(), object);
    }

    private void remove(String value, ApiObject object) {
      NavigableMap<ObjectKey, ApiObject> bucket = entries.get(value);
      if (bucket != null && bucket.remove(object.key()) != null && bucket.isEmpty()) {
        entries.remove(value);
      }
    }
  }

  private static final String BY_NAMESPACE = "namespace";

  private final ResourceDefinition resource;
  private final UnaryOperator<ApiObject> keep;
  private final NavigableMap<ObjectKey, ApiObject> objects = new TreeMap<>();
  private final Map<String, Index> indexes = new HashMap<>();
  private final List<Handler> handlers = new ArrayList<>();
  private boolean synced;

  Informer(ResourceDefinition resource) {
    this(resource, UnaryOperator.identity());
  }

  /**
   * @param keep what is kept of each object; key, uid and revision must be
   */
  Informer(ResourceDefinition resource, UnaryOperator<ApiObject> keep) {
    this.resource = resource;
    this.keep = keep;
    addIndex(BY_NAMESPACE, object -> List.of(object.key().namespace()));
  }

  public ResourceDefinition resource() {
    return resource;
  }

  /**
   * @param namespace empty for cluster-scoped objects
   */
  public synchronized Optional<ApiObject> get(String namespace, String name) {
    return Optional.ofNullable(
        objects.get(new ObjectKey(resource.groupResource(), namespace, name)));
  }

  /** All objects, in the order of their keys. */
  public synchronized List<ApiObject> list() {
    return List.copyOf(objects.values());
  }

  /** The objects of a namespace, in the order of their names. */
  public List<ApiObject> inNamespace(String namespace) {
    return byIndex(BY_NAMESPACE, namespace);
  }

  /**
   * Adds an index, unless there is one by that name. The function must depend on nothing but the
   * object.
   */
  public synchronized void addIndex(String name, Function<ApiObject, Collection<String>> values) {
    if (indexes.containsKey(name)) {
      return;
    }
    Index index = new Index(values, new HashMap<>());
    objects.values().forEach(index::put);
    indexes.put(name, index);
  }

  /** The objects for which an index gives a value, in the order of their keys. */
  public synchronized List<ApiObject> byIndex(String name, String value) {
    Index index = indexes.get(name);
    if (index == null) {
      throw new IllegalArgumentException("no index " + name + " on " + resource.plural());
    }
    NavigableMap<ObjectKey, ApiObject> bucket = index.entries.get(value);
    return bucket == null ? List.of() : List.copyOf(bucket.values());
  }

  /** Adds a handler; it is told of the objects that are there already as if they came now. */
  public synchronized void addHandler(Handler handler) {
    handlers.add(handler);
    objects.values().forEach(handler::onAdd);
  }

  /** Whether the copy has been complete once. */
  public synchronized boolean synced() {
    return synced;
  }

  /** Takes a whole list: the differences to the copy become events. */
  synchronized void replace(List<ApiObject> now) {
    NavigableMap<ObjectKey, ApiObject> gone = new TreeMap<>(objects);
    for (ApiObject object : now) {
      gone.remove(object.key());
      put(object);
    }
    gone.values().forEach(this::drop);
    synced = true;
  }

  /** Takes one added or changed object. */
  synchronized void put(ApiObject whole) {
    ApiObject before = objects.get(whole.key());
    if (before != null && before.header().revision() == whole.header().revision()) {
      return;
    }
    ApiObject now = keep.apply(whole);
    objects.put(now.key(), now);
    for (Index index : indexes.values()) {
      if (before == null) {
        index.put(now);
      } else {
        index.replace(before, now);
      }
    }
    // Another uid under the same name is another object: its predecessor's deletion was missed.
    boolean sameObject = before != null && before.header().uid().equals(now.header().uid());
    for (Handler handler : handlers) {
      if (before == null) {
        handler.onAdd(now);
      } else if (sameObject) {
        handler.onUpdate(before, now);
      } else {
        handler.onDelete(before);
        handler.onAdd(now);
      }
    }
  }

  /** Takes a deletion; the argument names the object. */
  synchronized void remove(ApiObject last) {
    if (objects.containsKey(last.key())) {
      drop(keep.apply(last));
    }
  }

  private void drop(ApiObject last) {
    ApiObject before = objects.remove(last.key());
    if (before == null) {
      return;
    }
    indexes.values().forEach(index -> index.remove(before));
    handlers.forEach(handler -> handler.onDelete(last));
  }
}
