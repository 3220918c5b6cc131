package io.berth.apiserver.cel;

import com.google.protobuf.ByteString;
import dev.cel.common.values.CelByteString;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a call cost that was made, by the sizes of its values. Pure.
 *
 * <p>Follows cel-go (interpreter/runtimecost.go) and, for Kubernetes' functions, k8s.io/apiserver
 * (cel/library/cost.go).
 */
final class ActualCosts {
  private static final double TRAVERSAL = CostEstimate.TRAVERSAL;
  private static final double REGEX = 0.25;
  private static final long QUESTION = 350_000;

  /** Of formats; their expressions are about as long. */
  private static final long FORMAT_REGEX = 60;

  private ActualCosts() {}

  /**
   * @param args with what the function is called on first
   */
  static long of(String function, List<@Nullable Object> args, @Nullable Object result) {
    Object first = args.isEmpty() ? null : args.getFirst();
    Object second = args.size() < 2 ? null : args.get(1);
    return switch (function) {
      case "check" -> QUESTION;
      case "fieldSelector", "labelSelector" ->
          10 + traversed(size(second), 1) + 50 * (long) Math.ceil(size(second) * 0.5);
      case "isSorted", "sum", "max", "min", "indexOf", "lastIndexOf" -> all(first);
      case "url",
          "lowerAscii",
          "upperAscii",
          "substring",
          "trim",
          "jsonpatch.escapeKey",
          "cidr",
          "isIP",
          "isCIDR",
          "quantity",
          "isQuantity",
          "semver",
          "isSemver" ->
          traversed(size(first), 1);
      case "ip" -> first instanceof CharSequence ? traversed(size(first), 1) : 1;
      case "ip.isCanonical", "replace", "split" -> traversed(size(first), 2);
      case "join" -> traversed(size(result), 2);
      case "find", "findAll", "matches" -> matched(size(first), size(second));
      case "validate" -> matched(size(second), FORMAT_REGEX);
      case "containsIP" -> 4 + parsed(second);
      case "containsCIDR" -> 7 + parsed(second);
      case "contains" ->
          first instanceof CharSequence
              ? traversed(size(first), 1) * traversed(size(second), 1)
              : 1;
      case "startsWith", "endsWith", "format", "strings.quote" -> traversed(size(first), 1);
      case "sets.contains", "sets.intersects" -> size(first) * size(second) + 1;
      case "sets.equivalent" -> 2 * size(first) * size(second) + 1;
      case "bytes", "string" -> text(first) ? traversed(size(first), 1) : 1;
      case "@in" -> second instanceof List<?> list ? list.size() : 1;
      case "_==_", "_!=_" -> traversed(Math.min(size(first), size(second)), 1);
      case "_<_", "_<=_", "_>_", "_>=_" ->
          text(first) ? traversed(Math.min(size(first), size(second)), 1) : 1;
      case "_+_" -> text(first) ? traversed(size(first) + size(second), 1) : 1;
      default -> 1;
    };
  }

  private static long parsed(@Nullable Object other) {
    return other instanceof CharSequence text ? traversed(text.length(), 1) : 0;
  }

  /** Of each item, and of the texts among them. */
  private static long all(@Nullable Object value) {
    if (!(value instanceof List<?> list)) {
      return traversed(size(value), 1);
    }
    long sum = 0;
    for (Object item : list) {
      sum += text(item) ? 1 + traversed(size(item), 1) : 1;
    }
    return sum;
  }

  private static long matched(long text, long regex) {
    return traversed(text + 1, 1) * (long) Math.ceil(regex * REGEX);
  }

  private static long traversed(long size, int times) {
    return (long) Math.ceil(size * (times * TRAVERSAL));
  }

  private static boolean text(@Nullable Object value) {
    return value instanceof CharSequence
        || value instanceof ByteString
        || value instanceof CelByteString;
  }

  private static long size(@Nullable Object value) {
    return switch (value) {
      case CharSequence text -> text.length();
      case Collection<?> items -> items.size();
      case Map<?, ?> entries -> entries.size();
      case ByteString bytes -> bytes.size();
      case CelByteString bytes -> bytes.size();
      case null, default -> 1;
    };
  }
}
