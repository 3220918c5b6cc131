package io.berth.apiserver.cel;

import com.google.common.collect.ImmutableList;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelComprehension;
import java.util.Optional;

/**
 * Makes maps of the objects that expressions of mutations write: {@code Object.spec{replicas: 1}},
 * {@code JSONPatch{op: "add"}}. What they become is checked by whoever applies it. For one
 * expression.
 */
final class ObjectLiterals {
  /** Beyond all that a parser gives to an expression of any sensible length. */
  private long nextId = 1_000_000;

  private ObjectLiterals() {}

  static CelAbstractSyntaxTree asMaps(CelAbstractSyntaxTree parsed) {
    return CelAbstractSyntaxTree.newParsedAst(
        new ObjectLiterals().changed(parsed.getExpr()), parsed.getSource());
  }

  private CelExpr changed(CelExpr e) {
    return switch (e.exprKind().getKind()) {
      case SELECT ->
          CelExpr.ofSelect(
              e.id(), changed(e.select().operand()), e.select().field(), e.select().testOnly());
      case CALL -> {
        Optional<CelExpr> target = e.call().target().map(this::changed);
        yield CelExpr.ofCall(e.id(), target, e.call().function(), all(e.call().args()));
      }
      case LIST -> CelExpr.ofList(e.id(), all(e.list().elements()), e.list().optionalIndices());
      case STRUCT -> struct(e);
      case MAP ->
          CelExpr.ofMap(
              e.id(),
              e.map().entries().stream()
                  .map(
                      entry ->
                          CelExpr.ofMapEntry(
                              entry.id(),
                              changed(entry.key()),
                              changed(entry.value()),
                              entry.optionalEntry()))
                  .collect(ImmutableList.toImmutableList()));
      case COMPREHENSION -> comprehension(e.id(), e.comprehension());
      default -> e;
    };
  }

  private ImmutableList<CelExpr> all(ImmutableList<CelExpr> expressions) {
    return expressions.stream().map(this::changed).collect(ImmutableList.toImmutableList());
  }

  private CelExpr struct(CelExpr e) {
    String type = e.struct().messageName();
    if (!type.equals("Object") && !type.startsWith("Object.") && !type.equals("JSONPatch")) {
      return e;
    }
    return CelExpr.ofMap(
        e.id(),
        e.struct().entries().stream()
            .map(
                entry ->
                    CelExpr.ofMapEntry(
                        entry.id(),
                        CelExpr.ofConstant(nextId++, CelConstant.ofValue(entry.fieldKey())),
                        changed(entry.value()),
                        entry.optionalEntry()))
            .collect(ImmutableList.toImmutableList()));
  }

  private CelExpr comprehension(long id, CelComprehension c) {
    return CelExpr.ofComprehension(
        id,
        c.iterVar(),
        c.iterVar2(),
        changed(c.iterRange()),
        c.accuVar(),
        changed(c.accuInit()),
        changed(c.loopCondition()),
        changed(c.loopStep()),
        changed(c.result()));
  }
}
