package io.berth.apiserver.cel;

import com.google.common.collect.Iterables;
import com.google.common.collect.Lists;
import dev.cel.bundle.CelBuilder;
import dev.cel.checker.CelStandardDeclarations;
import dev.cel.common.CelOptions;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelStandardFunctions;
import dev.cel.runtime.CelStandardFunctions.StandardFunction.Overload.Arithmetic;
import dev.cel.runtime.CelStandardFunctions.StandardFunction.Overload.InternalOperator;
import dev.cel.runtime.CelStandardFunctions.StandardFunction.Overload.Relation;
import dev.cel.runtime.CelStandardFunctions.StandardOverload;
import dev.cel.runtime.RuntimeEquality;
import dev.cel.runtime.RuntimeHelpers;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The operators that compare values, and {@code +} of lists: as the language has them, but for
 * {@link KeyedList}.
 */
final class Equality {
  private static final RuntimeEquality PLAIN =
      RuntimeEquality.create(RuntimeHelpers.create(), CelOptions.current().build());

  private static final Set<StandardOverload> REPLACED =
      Set.of(Relation.EQUALS, Relation.NOT_EQUALS, Arithmetic.ADD_LIST, InternalOperator.IN_LIST);

  private Equality() {}

  /** All that is standard, with these operators. */
  static void addTo(CelBuilder builder) {
    builder
        .setStandardEnvironmentEnabled(false)
        .setStandardDeclarations(
            CelStandardDeclarations.newBuilder().filterFunctions((name, overload) -> true).build())
        .setStandardFunctions(
            CelStandardFunctions.newBuilder()
                .filterFunctions((name, overload) -> !REPLACED.contains(overload))
                .build())
        .addFunctionBindings(
            CelFunctionBinding.from("equals", Object.class, Object.class, Equality::equal),
            CelFunctionBinding.from(
                "not_equals", Object.class, Object.class, (a, b) -> !equal(a, b)),
            CelFunctionBinding.from("add_list", List.class, List.class, Equality::sum),
            CelFunctionBinding.from(
                "in_list", Object.class, List.class, (item, list) -> in(list, item)));
  }

  static boolean equal(Object a, Object b) {
    if (a instanceof KeyedList keyed) {
      return b instanceof List<?> list && keyed.sameAs(list);
    }
    if (a instanceof List<?> list) {
      return b instanceof List<?> other && equal(list, other);
    }
    if (a instanceof Map<?, ?> map) {
      return b instanceof Map<?, ?> other && equal(map, other);
    }
    if (a instanceof Optional<?> one && b instanceof Optional<?> other) {
      boolean both = one.isPresent() && other.isPresent();
      return both ? equal(one.get(), other.get()) : one.isPresent() == other.isPresent();
    }
    return PLAIN.objectEquals(a, b);
  }

  private static boolean equal(List<?> list, List<?> other) {
    if (list.size() != other.size()) {
      return false;
    }
    for (int i = 0; i < list.size(); i++) {
      if (!equal(list.get(i), other.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean equal(Map<?, ?> map, Map<?, ?> other) {
    if (map.size() != other.size()) {
      return false;
    }
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Optional<Object> value = PLAIN.findInMap(other, entry.getKey());
      if (value.isEmpty() || !equal(entry.getValue(), value.get())) {
        return false;
      }
    }
    return true;
  }

  private static boolean in(List<?> list, Object item) {
    for (Object one : list) {
      if (equal(one, item)) {
        return true;
      }
    }
    return false;
  }

  private static List<?> sum(List<?> a, List<?> b) {
    if (a instanceof KeyedList keyed) {
      return keyed.plus(b);
    }
    return Lists.newArrayList(Iterables.concat(a, b));
  }
}
