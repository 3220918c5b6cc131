package io.berth.apiserver.cel;

import static io.berth.apiserver.cel.Function.global;
import static io.berth.apiserver.cel.Function.member;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import io.berth.api.object.Quantity;
import java.math.BigDecimal;
import java.util.List;

/** {@code quantity("1.5Gi")} and what can be done with one. */
final class QuantityFunctions {
  private static final CelType QUANTITY = OpaqueType.create("kubernetes.Quantity");
  private static final Class<Amount> CLASS = Amount.class;

  /** An amount that the language takes for no number of its own. */
  private record Amount(BigDecimal number) {}

  private QuantityFunctions() {}

  static List<Function> all() {
    return List.of(
        global("quantity", QUANTITY, a -> parse((String) a[0]), SimpleType.STRING),
        global("isQuantity", SimpleType.BOOL, a -> is((String) a[0]), SimpleType.STRING),
        member("sign", SimpleType.INT, CLASS, a -> (long) of(a[0]).signum(), QUANTITY),
        member("isInteger", SimpleType.BOOL, CLASS, a -> whole(of(a[0])), QUANTITY),
        member("asInteger", SimpleType.INT, CLASS, a -> integer(of(a[0])), QUANTITY),
        member(
            "asApproximateFloat", SimpleType.DOUBLE, CLASS, a -> of(a[0]).doubleValue(), QUANTITY),
        member(
            "isGreaterThan",
            SimpleType.BOOL,
            CLASS,
            a -> of(a[0]).compareTo(of(a[1])) > 0,
            QUANTITY,
            QUANTITY),
        member(
            "isLessThan",
            SimpleType.BOOL,
            CLASS,
            a -> of(a[0]).compareTo(of(a[1])) < 0,
            QUANTITY,
            QUANTITY),
        member(
            "compareTo",
            SimpleType.INT,
            CLASS,
            a -> (long) of(a[0]).compareTo(of(a[1])),
            QUANTITY,
            QUANTITY),
        member("add", QUANTITY, CLASS, a -> sum(of(a[0]), of(a[1])), QUANTITY, SimpleType.DYN),
        member(
            "sub",
            QUANTITY,
            CLASS,
            a -> sum(of(a[0]), of(a[1]).negate()),
            QUANTITY,
            SimpleType.DYN));
  }

  private static BigDecimal of(Object value) {
    return value instanceof Long number ? BigDecimal.valueOf(number) : ((Amount) value).number();
  }

  private static Amount sum(BigDecimal a, BigDecimal b) {
    return plain(a.add(b));
  }

  /** One form for equal amounts, so that they are equal. */
  private static Amount plain(BigDecimal number) {
    return new Amount(number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros());
  }

  private static Amount parse(String text) {
    return plain(Quantity.parse(text).amount());
  }

  private static boolean is(String text) {
    try {
      parse(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean whole(BigDecimal number) {
    return number.stripTrailingZeros().scale() <= 0
        && number.abs().compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0;
  }

  private static long integer(BigDecimal number) {
    if (!whole(number)) {
      throw new IllegalArgumentException("cannot convert value to integer");
    }
    return number.longValueExact();
  }
}
