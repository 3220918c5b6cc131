package io.berth.apiserver.cel;

import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.types.CelType;
import dev.cel.runtime.CelEvaluationListener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Counts what one evaluation costs and ends it at the limit. A limit once passed is passed at every
 * later step too, so that no operator that forgives errors goes on. For one thread.
 *
 * <p>Follows cel-go's counter (interpreter/runtimecost.go) and its folding of constants, so that an
 * expression costs here what it costs in Kubernetes.
 */
final class Meter implements CelEvaluationListener {
  private static final long NEW_LIST = 10;
  private static final long NEW_MAP = 30;
  private static final long NEW_OBJECT = 40;

  /** Of constants they are worked out when an expression is compiled. */
  private static final Set<String> CONVERSIONS =
      Set.of("duration", "timestamp", "int", "uint", "double", "string", "bytes", "bool");

  /** An expression cost more than one may. */
  static final class CancelledException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    static final String REASON = "operation cancelled: actual cost limit exceeded";

    CancelledException() {
      super(REASON, null, false, false);
    }
  }

  private final Budget budget;
  private final Map<Long, Object> values = new HashMap<>();
  private long spent;

  Meter(Budget budget) {
    this.budget = budget;
  }

  /** What was spent so far. */
  long spent() {
    return spent;
  }

  @Override
  public void callback(CelExpr step, @Nullable Object result) {
    long cost = cost(step, result);
    spent += cost;
    budget.spend(cost);
    if (spent > Budget.PER_EXPRESSION) {
      throw new CancelledException();
    }
    if (result != null) {
      values.put(step.id(), result);
    }
  }

  private long cost(CelExpr step, @Nullable Object result) {
    return switch (step.exprKind().getKind()) {
      case IDENT -> result instanceof CelType ? 0 : 1;
      case SELECT -> step.select().testOnly() || result instanceof CelType ? 0 : 1;
      case LIST -> isConstant(step) ? 0 : NEW_LIST;
      case MAP -> isConstant(step) ? 0 : NEW_MAP;
      case STRUCT -> NEW_OBJECT;
      case CALL -> call(step.call(), result);
      default -> 0;
    };
  }

  private long call(CelExpr.CelCall call, @Nullable Object result) {
    String function = call.function();
    List<CelExpr> args = call.args();
    switch (function) {
      case "_&&_", "_||_" -> {
        return 0;
      }
      case "_?_:_" -> {
        // A name that a condition chooses is not counted.
        return -names(args.get(Boolean.TRUE.equals(value(args.getFirst())) ? 1 : 2));
      }
      case "_[_]" -> {
        return args.get(1).exprKind().getKind() == Kind.CONSTANT ? 1 : 0; // else its name counted
      }
      case "@in" -> {
        if (isConstant(args.get(1))) {
          return 0;
        }
      }
      default -> {
        if (CONVERSIONS.contains(function) && args.stream().allMatch(Meter::isConstant)) {
          return 0;
        }
      }
    }
    List<@Nullable Object> all = new ArrayList<>(args.size() + 1);
    call.target().ifPresent(target -> all.add(value(target)));
    args.forEach(arg -> all.add(value(arg)));
    return ActualCosts.of(function, all, result);
  }

  private @Nullable Object value(CelExpr e) {
    if (e.exprKind().getKind() == Kind.CONSTANT
        && e.constant().getKind() == CelConstant.Kind.STRING_VALUE) {
      return e.constant().stringValue();
    }
    return values.get(e.id());
  }

  /** How many names a step reads one after the other, if that is all that it does. */
  private static long names(CelExpr e) {
    return switch (e.exprKind().getKind()) {
      case IDENT -> 1;
      case SELECT -> {
        long before = e.select().testOnly() ? 0 : names(e.select().operand());
        yield before == 0 ? 0 : before + 1;
      }
      default -> 0;
    };
  }

  private static boolean isConstant(CelExpr e) {
    return switch (e.exprKind().getKind()) {
      case CONSTANT -> true;
      case LIST -> e.list().elements().stream().allMatch(Meter::isConstant);
      case MAP ->
          e.map().entries().stream()
              .allMatch(entry -> isConstant(entry.key()) && isConstant(entry.value()));
      default -> false;
    };
  }
}
