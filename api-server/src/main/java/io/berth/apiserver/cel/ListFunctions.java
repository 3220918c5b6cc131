package io.berth.apiserver.cel;

import static io.berth.apiserver.cel.Function.list;
import static io.berth.apiserver.cel.Function.member;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.TypeParamType;
import java.util.List;

/**
 * {@code isSorted}, {@code sum}, {@code min}, {@code max}, {@code indexOf}, {@code lastIndexOf}.
 */
final class ListFunctions {
  private static final CelType ITEM = TypeParamType.create("T");
  private static final CelType LIST = ListType.create(ITEM);

  private ListFunctions() {}

  static List<Function> all() {
    return List.of(
        member("isSorted", SimpleType.BOOL, List.class, a -> sorted(list(a[0])), LIST),
        member("sum", ITEM, List.class, a -> sum(list(a[0])), LIST),
        member("min", ITEM, List.class, a -> extreme(list(a[0]), -1), LIST),
        member("max", ITEM, List.class, a -> extreme(list(a[0]), 1), LIST),
        member(
            "indexOf",
            SimpleType.INT,
            List.class,
            a -> (long) list(a[0]).indexOf(a[1]),
            LIST,
            ITEM),
        member(
            "lastIndexOf",
            SimpleType.INT,
            List.class,
            a -> (long) list(a[0]).lastIndexOf(a[1]),
            LIST,
            ITEM));
  }

  private static boolean sorted(List<Object> items) {
    for (int i = 1; i < items.size(); i++) {
      if (compare(items.get(i - 1), items.get(i)) > 0) {
        return false;
      }
    }
    return true;
  }

  @SuppressWarnings("unchecked") // other types are told so below
  static int compare(Object a, Object b) {
    if (a instanceof Number x && b instanceof Number y) {
      return x instanceof Long && y instanceof Long
          ? Long.compare(x.longValue(), y.longValue())
          : Double.compare(x.doubleValue(), y.doubleValue());
    }
    if (a instanceof Comparable<?> && a.getClass() == b.getClass()) {
      return ((Comparable<Object>) a).compareTo(b);
    }
    throw new IllegalArgumentException("no such overload");
  }

  private static Object sum(List<Object> items) {
    boolean whole = items.stream().allMatch(item -> item instanceof Long);
    if (whole) {
      long sum = 0;
      for (Object item : items) {
        sum = Math.addExact(sum, (Long) item);
      }
      return sum;
    }
    double sum = 0;
    for (Object item : items) {
      if (!(item instanceof Number number)) {
        throw new IllegalArgumentException("no such overload");
      }
      sum += number.doubleValue();
    }
    return sum;
  }

  private static Object extreme(List<Object> items, int sign) {
    if (items.isEmpty()) {
      throw new IllegalArgumentException((sign < 0 ? "min" : "max") + " called on empty list");
    }
    Object best = items.getFirst();
    for (Object item : items) {
      if (compare(item, best) * sign > 0) {
        best = item;
      }
    }
    return best;
  }
}
