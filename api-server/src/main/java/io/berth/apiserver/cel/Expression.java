package io.berth.apiserver.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import java.util.Map;
import java.util.regex.Pattern;

/** A compiled expression. Immutable, for use by many threads. */
public final class Expression {
  private static final Pattern PLACE = Pattern.compile("^evaluation error(?: at [^:]*:\\d+)?: ");

  /** The words that clients know for it are others. */
  private static final Pattern MISSING_KEY =
      Pattern.compile("^key '(.*)' is not present in map\\.$");

  private final String text;
  private final CelAbstractSyntaxTree tree;
  private final CelRuntime.Program program;
  private final boolean usesOldSelf;

  Expression(String text, CelAbstractSyntaxTree tree, CelRuntime.Program program, boolean old) {
    this.text = text;
    this.tree = tree;
    this.program = program;
    this.usesOldSelf = old;
  }

  public String text() {
    return text;
  }

  CelAbstractSyntaxTree tree() {
    return tree;
  }

  /** Whether it names the version before: such a rule holds for changes only. */
  public boolean usesOldSelf() {
    return usesOldSelf;
  }

  /**
   * The value for these variables.
   *
   * @throws EvaluationException it has none, such as for a key that is not there, or cost more than
   *     one may
   * @throws Budget.ExceededException it cost more than all together may
   */
  public Object evaluate(Map<String, ?> variables, Budget budget) throws EvaluationException {
    try {
      return program.trace(variables, new Meter(budget));
    } catch (CelEvaluationException e) {
      throw failure(e);
    }
  }

  /** What it costs with these variables. */
  long cost(Map<String, ?> variables) throws EvaluationException {
    Meter meter = new Meter(Budget.ofRequest());
    try {
      program.trace(variables, meter);
    } catch (CelEvaluationException e) {
      throw failure(e);
    }
    return meter.spent();
  }

  private static EvaluationException failure(CelEvaluationException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof Budget.ExceededException exceeded) {
        throw exceeded;
      }
      if (cause instanceof Meter.CancelledException) {
        return new EvaluationException(Meter.CancelledException.REASON, e, true);
      }
    }
    String message = e.getMessage() == null ? "" : e.getMessage();
    return new EvaluationException(
        MISSING_KEY
            .matcher(PLACE.matcher(message).replaceFirst(""))
            .replaceFirst("no such key: $1"),
        e);
  }

  /** An expression had no value; the message says why. */
  public static final class EvaluationException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean cancelled;

    public EvaluationException(String message, Throwable cause) {
      this(message, cause, false);
    }

    EvaluationException(String message, Throwable cause, boolean cancelled) {
      super(message, cause);
      this.cancelled = cancelled;
    }

    /** Whether it was ended because it cost too much. */
    public boolean cancelled() {
      return cancelled;
    }

    /** What went wrong. */
    public String reason() {
      return getMessage() == null ? "" : getMessage();
    }
  }
}
