package io.berth.apiserver.cel;

import com.google.common.collect.ImmutableList;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The most that an expression can cost, judged by how large the values that it names may become.
 * For one expression, by one thread.
 *
 * <p>Follows cel-go's estimate (checker/cost.go), so that what Kubernetes refuses as too expensive
 * is refused here.
 */
public final class CostEstimate {
  static final double TRAVERSAL = 0.1;
  private static final Range NEW_LIST = Range.of(10);
  private static final Range NEW_MAP = Range.of(30);
  private static final Range NEW_OBJECT = Range.of(40);
  private static final String ITEMS = "@items";

  /** Says how large values may become. */
  public interface Sizes {
    /**
     * The most characters, items or entries of a value.
     *
     * @param path names from the expression's variable on, {@code @items} for a list's items, {@code
     *     @keys} and {@code @values} for a map's
     * @return empty where the path leads nowhere
     */
    Optional<Long> most(List<String> path);
  }

  /** A value as functions see it: its type, and how large it may be. */
  record Value(CelType type, @Nullable Range known, @Nullable List<String> path) {}

  private final CelAbstractSyntaxTree tree;
  private final Sizes sizes;
  private final Map<Long, List<String>> paths = new HashMap<>();
  private final Map<Long, Range> computed = new HashMap<>();
  private final Map<String, Deque<CelExpr>> ranges = new HashMap<>();
  private final Map<String, Deque<CelExpr>> bound = new HashMap<>();

  private CostEstimate(CelAbstractSyntaxTree tree, Sizes sizes) {
    this.tree = tree;
    this.sizes = sizes;
  }

  /** In the steps that {@link Budget} counts; {@link Long#MAX_VALUE} where there is no bound. */
  public static long most(Expression expression, Sizes sizes) {
    return new CostEstimate(expression.tree(), sizes).cost(expression.tree().getExpr()).max();
  }

  private Range cost(CelExpr e) {
    return switch (e.exprKind().getKind()) {
      case IDENT -> ident(e);
      case SELECT -> select(e);
      case CALL -> call(e);
      case LIST -> NEW_LIST.plus(all(e.list().elements()));
      case MAP -> {
        Range sum = NEW_MAP;
        for (CelExpr.CelMap.Entry entry : e.map().entries()) {
          sum = sum.plus(cost(entry.key())).plus(cost(entry.value()));
        }
        yield sum;
      }
      case STRUCT -> {
        Range sum = NEW_OBJECT;
        for (CelExpr.CelStruct.Entry entry : e.struct().entries()) {
          sum = sum.plus(cost(entry.value()));
        }
        yield sum;
      }
      case COMPREHENSION -> comprehension(e);
      default -> Range.NOTHING;
    };
  }

  private Range all(List<CelExpr> expressions) {
    Range sum = Range.NOTHING;
    for (CelExpr e : expressions) {
      sum = sum.plus(cost(e));
    }
    return sum;
  }

  private Range ident(CelExpr e) {
    String name = e.ident().name();
    CelExpr range = top(ranges, name);
    CelExpr same = top(bound, name);
    if (range != null) {
      boolean list = type(range).kind() == CelKind.LIST;
      path(e, extended(paths.get(range.id()), list ? ITEMS : "@keys"));
    } else if (same != null) {
      path(e, paths.get(same.id()));
      size(e, computedSize(same));
    } else {
      path(e, List.of(name));
    }
    return Range.ONE;
  }

  private static @Nullable CelExpr top(Map<String, Deque<CelExpr>> of, String name) {
    Deque<CelExpr> stack = of.get(name);
    return stack == null ? null : stack.peek();
  }

  private Range select(CelExpr e) {
    CelExpr operand = e.select().operand();
    Range sum = cost(operand);
    if (e.select().testOnly()) {
      return sum;
    }
    CelKind kind = type(operand).kind();
    if (kind == CelKind.MAP || kind == CelKind.STRUCT || kind == CelKind.TYPE_PARAM) {
      sum = sum.plus(Range.ONE);
    }
    path(e, extended(paths.get(operand.id()), e.select().field()));
    return sum;
  }

  private Range call(CelExpr e) {
    String function = e.call().function();
    List<CelExpr> args = e.call().args();
    List<Range> costs = new ArrayList<>();
    List<Value> values = new ArrayList<>();
    for (CelExpr arg : args) {
      costs.add(cost(arg));
      values.add(value(arg));
    }
    Optional<CelExpr> target = e.call().target();
    Range sum = target.map(this::cost).orElse(Range.NOTHING);
    Value of = target.map(this::value).orElse(null);
    if (function.equals("dyn")) {
      if (!args.isEmpty()) {
        path(e, paths.get(args.getFirst().id()));
        size(e, computedSize(args.getFirst()));
      }
      return sum.plus(Range.ONE).plus(total(costs));
    }
    if (function.equals("_[_]")) {
      boolean list = values.getFirst().type().kind() == CelKind.LIST;
      path(e, extended(paths.get(args.getFirst().id()), list ? ITEMS : "@values"));
    }
    CallCosts.Cost cost = new CallCosts(this::size).of(function, of, values, costs);
    size(e, cost.size());
    return sum.plus(cost.cost());
  }

  static Range total(List<Range> costs) {
    return costs.stream().reduce(Range.NOTHING, Range::plus);
  }

  private Range comprehension(CelExpr e) {
    CelExpr.CelComprehension c = e.comprehension();
    Range sum = cost(c.iterRange()).plus(cost(c.accuInit()));
    boolean bind =
        c.iterRange().exprKind().getKind() == CelExpr.ExprKind.Kind.LIST
            && c.iterRange().list().elements().isEmpty();
    Deque<CelExpr> names =
        (bind ? bound : ranges)
            .computeIfAbsent(bind ? c.accuVar() : c.iterVar(), k -> new ArrayDeque<>());
    names.push(bind ? c.accuInit() : c.iterRange());
    Range loop = cost(c.loopCondition()).plus(cost(c.loopStep()));
    if (!bind) {
      names.pop();
    }
    sum = sum.plus(cost(c.result()));
    if (bind) {
      names.pop();
      path(e, paths.get(c.result().id()));
      size(e, computedSize(c.result()));
      return sum;
    }
    Range count = size(value(c.iterRange()));
    if (type(e).kind() == CelKind.LIST || type(e).kind() == CelKind.MAP) {
      size(e, new Range(0, count.max()));
    }
    return sum.plus(count.times(loop));
  }

  private Value value(CelExpr e) {
    return new Value(type(e), computedSize(e), paths.get(e.id()));
  }

  private CelType type(CelExpr e) {
    return tree.getType(e.id()).orElse(SimpleType.DYN);
  }

  private Range size(Value value) {
    if (value.known() != null) {
      return value.known();
    }
    if (value.path() != null) {
      Optional<Long> most = sizes.most(value.path());
      if (most.isPresent()) {
        return new Range(0, most.get());
      }
    }
    return switch (value.type().kind()) {
      case BOOL, DOUBLE, DURATION, INT, TIMESTAMP, UINT -> Range.ONE;
      default -> Range.UNKNOWN;
    };
  }

  private @Nullable Range computedSize(CelExpr e) {
    Range known = computed.get(e.id());
    if (known != null) {
      return known;
    }
    return switch (e.exprKind().getKind()) {
      case CONSTANT -> constant(e.constant());
      case LIST -> Range.of(e.list().elements().size());
      case MAP -> Range.of(e.map().entries().size());
      default -> null;
    };
  }

  private static @Nullable Range constant(CelConstant constant) {
    return switch (constant.getKind()) {
      case STRING_VALUE -> Range.of(constant.stringValue().codePoints().count());
      case BYTES_VALUE -> Range.of(constant.bytesValue().size());
      case NULL_VALUE, NOT_SET -> null;
      default -> Range.ONE;
    };
  }

  private void path(CelExpr e, @Nullable List<String> path) {
    if (path != null) {
      paths.put(e.id(), path);
    }
  }

  private void size(CelExpr e, @Nullable Range size) {
    if (size != null) {
      computed.put(e.id(), size);
    }
  }

  static @Nullable List<String> extended(@Nullable List<String> path, String name) {
    return path == null ? null : ImmutableList.<String>builder().addAll(path).add(name).build();
  }
}
