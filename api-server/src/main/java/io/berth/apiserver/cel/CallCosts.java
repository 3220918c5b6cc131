package io.berth.apiserver.cel;

import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import io.berth.apiserver.cel.CostEstimate.Value;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What calls of functions cost, by the sizes of what they are called on. Pure.
 *
 * <p>Follows cel-go (checker/cost.go) and, for Kubernetes' functions, k8s.io/apiserver
 * (cel/library/cost.go).
 *
 * @param size of a value
 */
record CallCosts(Function<Value, Range> size) {
  private static final double TRAVERSAL = CostEstimate.TRAVERSAL;
  private static final double REGEX = 0.25;
  private static final Range QUESTION = Range.of(350_000);

  /** An address has four bytes or sixteen. */
  private static final Range ADDRESS = new Range(4, 16);

  /**
   * @param size of the result, or null where nothing is known of it
   */
  record Cost(Range cost, @Nullable Range size) {
    Cost(Range cost) {
      this(cost, null);
    }
  }

  /**
   * @param target what it is called on, or null
   * @param argCosts what the arguments cost
   */
  Cost of(String function, @Nullable Value target, List<Value> args, List<Range> argCosts) {
    Range before = CostEstimate.total(argCosts);
    Cost cost = target == null ? null : member(function, target, args);
    if (cost == null) {
      cost = global(function, args);
    }
    if (cost != null) {
      return new Cost(cost.cost().plus(before), cost.size());
    }
    return operator(function, args, argCosts, before);
  }

  private @Nullable Cost member(String function, Value target, List<Value> args) {
    Range size = size(target);
    return switch (function) {
      case "check" -> new Cost(QUESTION);
      case "isSorted", "sum", "max", "min", "indexOf", "lastIndexOf" -> {
        Value item = item(target);
        if (item == null) {
          yield new Cost(size.times(TRAVERSAL));
        }
        Range each = text(item.type()) ? Range.ONE.plus(size(item).times(TRAVERSAL)) : Range.ONE;
        yield new Cost(size.times(each));
      }
      case "lowerAscii", "upperAscii", "substring", "trim" -> new Cost(size.times(TRAVERSAL), size);
      case "replace" ->
          args.size() < 2 ? null : replaced(size, size(args.get(0)), size(args.get(1)));
      case "split" -> new Cost(size.times(2 * TRAVERSAL), new Range(0, size.max()));
      case "join" -> joined(target, size, args);
      case "find", "findAll" ->
          args.isEmpty()
              ? null
              : new Cost(matched(size, size(args.getFirst())), new Range(0, size.max()));
      case "matches" -> args.size() == 1 ? new Cost(matched(size, size(args.getFirst()))) : null;
      case "contains" ->
          args.size() == 1
              ? new Cost(size.times(TRAVERSAL).times(size(args.getFirst()).times(TRAVERSAL)))
              : null;
      case "startsWith", "endsWith" ->
          args.size() == 1 ? new Cost(size(args.getFirst()).times(TRAVERSAL)) : null;
      case "format" -> new Cost(size.times(TRAVERSAL));
      case "containsIP" -> new Cost(ADDRESS.plus(ADDRESS).times(TRAVERSAL).plus(parsed(args)));
      case "containsCIDR" ->
          new Cost(
              ADDRESS
                  .plus(ADDRESS)
                  .times(TRAVERSAL)
                  .plus(ADDRESS.times(TRAVERSAL))
                  .plus(Range.ONE)
                  .plus(parsed(args)));
      default -> null;
    };
  }

  private Range parsed(List<Value> args) {
    boolean text = args.size() == 1 && text(args.getFirst().type());
    return text ? size(args.getFirst()).times(TRAVERSAL) : Range.NOTHING;
  }

  private @Nullable Cost global(String function, List<Value> args) {
    if (!function.equals("url") || args.size() != 1) {
      return null;
    }
    return new Cost(size(args.getFirst()).times(TRAVERSAL));
  }

  /** A replacement may be made around each character where what is replaced may be empty. */
  private static Cost replaced(Range size, Range from, Range to) {
    long most;
    if (from.min() == 0) {
      most = Range.plus(Range.times(Range.plus(size.max(), 1), to.max()), size.max());
    } else if (to.max() <= from.min()) {
      most = size.max();
    } else {
      most = Range.times((long) Math.ceil((double) size.max() / from.min()), to.max());
    }
    return new Cost(size.times(2 * TRAVERSAL), new Range(0, most));
  }

  private Cost joined(Value target, Range count, List<Value> args) {
    Value item = item(target);
    Range size = item == null ? Range.NOTHING : count.times(size(item));
    if (!args.isEmpty()) {
      Range between = new Range(Math.max(0, count.min() - 1), Math.max(0, count.max() - 1));
      size = size.plus(size(args.getFirst()).times(between));
    }
    return new Cost(size.times(TRAVERSAL), size);
  }

  private static Range matched(Range text, Range regex) {
    return text.plus(Range.ONE).times(TRAVERSAL).times(regex.times(REGEX));
  }

  private Cost operator(String function, List<Value> args, List<Range> costs, Range before) {
    switch (function) {
      case "_&&_", "_||_" -> {
        return new Cost(new Range(costs.getFirst().min(), before.max()));
      }
      case "_?_:_" -> {
        return new Cost(
            costs.get(0).plus(costs.get(1).or(costs.get(2))),
            size(args.get(1)).or(size(args.get(2))));
      }
      case "@in" -> {
        if (args.get(1).type().kind() == CelKind.LIST) {
          return new Cost(size(args.get(1)).plus(before));
        }
      }
      case "_+_" -> {
        CelKind kind = args.getFirst().type().kind();
        if (kind == CelKind.LIST || text(args.getFirst().type())) {
          Range size = size(args.get(0)).plus(size(args.get(1)));
          Range cost = kind == CelKind.LIST ? Range.ONE : size.times(TRAVERSAL);
          return new Cost(cost.plus(before), size);
        }
      }
      case "_==_", "_!=_" -> {
        return new Cost(compared(args).plus(before));
      }
      case "_<_", "_<=_", "_>_", "_>=_" -> {
        if (text(args.getFirst().type())) {
          return new Cost(compared(args).plus(before));
        }
      }
      case "bytes" -> {
        if (args.getFirst().type().kind() == CelKind.STRING) {
          Range size = size(args.getFirst());
          return new Cost(
              size.times(TRAVERSAL).plus(before),
              new Range(size.min(), Range.times(size.max(), 4)));
        }
      }
      case "string" -> {
        if (args.getFirst().type().kind() == CelKind.BYTES) {
          Range size = size(args.getFirst());
          return new Cost(
              size.times(TRAVERSAL).plus(before), new Range(size.min() / 4, size.max()));
        }
      }
      default -> {}
    }
    return new Cost(Range.ONE.plus(before));
  }

  /** No further than the shorter one goes. */
  private Range compared(List<Value> args) {
    long shorter = Math.min(size(args.get(0)).max(), size(args.get(1)).max());
    return new Range(shorter > 0 ? 1 : 0, shorter).times(TRAVERSAL);
  }

  private Range size(Value value) {
    return size.apply(value);
  }

  private static boolean text(CelType type) {
    return type.kind() == CelKind.STRING || type.kind() == CelKind.BYTES;
  }

  /** The items of a list, or null where it is none. */
  private static @Nullable Value item(Value list) {
    if (list.type().kind() != CelKind.LIST || list.type().parameters().isEmpty()) {
      return null;
    }
    return new Value(
        list.type().parameters().getFirst(), null, CostEstimate.extended(list.path(), "@items"));
  }
}
