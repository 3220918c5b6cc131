package io.berth.apiserver.cel;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A list whose items are told apart by a key, as of the list types {@code set} and {@code map}. On
 * the left of an operator it is equal to a list of the same items in any order, and a sum holds
 * each key once. Kubernetes asks the left side alone. For one thread.
 */
public final class KeyedList extends AbstractList<Object> {
  private final List<Object> items;
  private final Function<Object, Object> key;
  private @Nullable Map<Object, Integer> places;

  private KeyedList(List<Object> items, Function<Object, Object> key) {
    this.items = items;
    this.key = key;
  }

  /** Each item is its own key. */
  public static KeyedList set(List<Object> items) {
    return new KeyedList(items, KeyedList::comparable);
  }

  /**
   * Items are told apart by some of their fields.
   *
   * @param fields as expressions name them
   */
  public static KeyedList map(List<Object> items, List<String> fields) {
    return new KeyedList(items, item -> fields(item, fields));
  }

  private static Object fields(Object item, List<String> fields) {
    if (!(item instanceof Map<?, ?> map)) {
      return item;
    }
    List<@Nullable Object> values = new ArrayList<>(fields.size());
    fields.forEach(field -> values.add(comparable(map.get(field))));
    return values;
  }

  /** Whole numbers are the same whatever type they have. */
  private static @Nullable Object comparable(@Nullable Object value) {
    return value instanceof Double number && number == number.longValue()
        ? (Object) number.longValue()
        : value;
  }

  @Override
  public Object get(int index) {
    return items.get(index);
  }

  @Override
  public int size() {
    return items.size();
  }

  private Map<Object, Integer> places() {
    Map<Object, Integer> known = places;
    if (known == null) {
      known = new HashMap<>();
      for (int i = 0; i < items.size(); i++) {
        known.put(key.apply(items.get(i)), i);
      }
      places = known;
    }
    return known;
  }

  /** Whether the other list has an equal item for each of these. */
  boolean sameAs(List<?> others) {
    if (size() != others.size()) {
      return false;
    }
    for (Object other : others) {
      Integer place = places().get(key.apply(other));
      if (place == null || !Equality.equal(items.get(place), other)) {
        return false;
      }
    }
    return true;
  }

  /** These items in their places, those of the other list instead of them by key, then its rest. */
  KeyedList plus(List<?> others) {
    List<Object> all = new ArrayList<>(items);
    Map<Object, Integer> known = new HashMap<>(places());
    for (Object other : others) {
      Integer place = known.putIfAbsent(key.apply(other), all.size());
      if (place == null) {
        all.add(other);
      } else {
        all.set(place, other);
      }
    }
    return new KeyedList(all, key);
  }
}
