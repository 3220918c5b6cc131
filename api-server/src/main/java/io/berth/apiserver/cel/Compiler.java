package io.berth.apiserver.cel;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelBuilder;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.SimpleType;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compiles expressions over given variables, with the standard functions and Kubernetes' own. Safe
 * for use by many threads; making one costs more than compiling an expression.
 */
public final class Compiler {
  private static final int MAX_ITERATIONS = 1_000_000;

  private static final CelOptions OPTIONS =
      CelOptions.current()
          .populateMacroCalls(true)
          .comprehensionMaxIterations(MAX_ITERATIONS)
          .enableHeterogeneousNumericComparisons(true)
          .build();

  private final Cel cel;

  /**
   * @param variables by name, with their types
   * @param types of objects that the variables' types refer to
   */
  public Compiler(Map<String, CelType> variables, List<? extends CelType> types) {
    CelBuilder builder =
        CelFactory.standardCelBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addCompilerLibraries(
                CelExtensions.strings(),
                CelExtensions.optional(),
                CelExtensions.sets(OPTIONS),
                CelExtensions.bindings(),
                CelExtensions.comprehensions())
            .addRuntimeLibraries(
                CelExtensions.strings(),
                CelExtensions.optional(),
                CelExtensions.sets(OPTIONS),
                CelExtensions.comprehensions());
    Equality.addTo(builder);
    Functions.all().forEach(function -> function.addTo(builder));
    variables.forEach(builder::addVar);
    if (!types.isEmpty()) {
      builder.setTypeProvider(provider(types));
    }
    this.cel = builder.build();
  }

  private static CelTypeProvider provider(List<? extends CelType> types) {
    ImmutableMap<String, CelType> byName =
        types.stream().collect(ImmutableMap.toImmutableMap(CelType::name, type -> type));
    return new CelTypeProvider() {
      @Override
      public ImmutableList<CelType> types() {
        return ImmutableList.copyOf(byName.values());
      }

      @Override
      public Optional<CelType> findType(String name) {
        return Optional.ofNullable(byName.get(name));
      }
    };
  }

  /** What an expression must have for a value. */
  public enum Result {
    BOOL("bool", SimpleType.BOOL),
    STRING("string", SimpleType.STRING),
    STRING_OR_NULL("one of [string null_type]", SimpleType.STRING, SimpleType.NULL_TYPE),
    ANY("any");

    private final ImmutableList<CelType> types;
    private final String text;

    Result(String text, CelType... types) {
      this.types = ImmutableList.copyOf(types);
      this.text = text;
    }
  }

  /**
   * @throws CompilationException it is no expression, or one of another type
   */
  public Expression compile(String text, Result result) throws CompilationException {
    try {
      return compiled(text, cel.compile(text).getAst(), result);
    } catch (CelValidationException | CelEvaluationException e) {
      throw failed(e);
    }
  }

  /**
   * The same for an expression of a mutation, in which {@code Object...{}} and {@code JSONPatch{}}
   * make maps.
   *
   * @throws CompilationException it is no expression
   */
  public Expression compileMutation(String text) throws CompilationException {
    try {
      return compiled(
          text, cel.check(ObjectLiterals.asMaps(cel.parse(text).getAst())).getAst(), Result.ANY);
    } catch (CelValidationException | CelEvaluationException e) {
      throw failed(e);
    }
  }

  private static CompilationException failed(Exception e) {
    return new CompilationException(
        "compilation failed: " + (e.getMessage() == null ? "" : e.getMessage()));
  }

  private Expression compiled(String text, CelAbstractSyntaxTree tree, Result result)
      throws CompilationException, CelEvaluationException {
    CelType type = tree.getResultType();
    if (!result.types.isEmpty() && !result.types.contains(type)) {
      throw new CompilationException("must evaluate to " + result.text, true);
    }
    boolean old =
        CelNavigableAst.fromAst(tree)
            .getRoot()
            .allNodes()
            .anyMatch(node -> named(node.expr(), "oldSelf"));
    return new Expression(text, tree, cel.createProgram(tree), old);
  }

  /** The type that an expression was found to have. */
  public static CelType typeOf(Expression expression) {
    return expression.tree().getResultType();
  }

  private static boolean named(CelExpr expression, String name) {
    return expression.exprKind().getKind() == CelExpr.ExprKind.Kind.IDENT
        && expression.ident().name().equals(name);
  }

  /** What is wrong with an expression, for people. */
  public static final class CompilationException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean wrongResult;

    CompilationException(String message) {
      this(message, false);
    }

    CompilationException(String message, boolean wrongResult) {
      super(message);
      this.wrongResult = wrongResult;
    }

    /** Whether it is an expression, but one with another value than wanted. */
    public boolean wrongResult() {
      return wrongResult;
    }

    /** What is wrong. */
    public String reason() {
      return getMessage() == null ? "" : getMessage();
    }
  }
}
