package io.berth.apiserver.cel;

import com.google.errorprone.annotations.ThreadSafe;
import io.berth.apiserver.server.Authorizer;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the expressions of one request may still cost, in steps of evaluation; long texts and lists
 * that a step makes count by their length.
 */
@ThreadSafe
public final class Budget {
  /** One expression's limit. */
  public static final long PER_EXPRESSION = 1_000_000;

  /** The limit of all expressions of a request together. */
  public static final long PER_REQUEST = 10_000_000;

  private static final int TEXT_PER_STEP = 10;
  private static final long QUESTION = 350_000;

  private final AtomicLong left;

  public Budget(long steps) {
    this.left = new AtomicLong(steps);
  }

  public static Budget ofRequest() {
    return new Budget(PER_REQUEST);
  }

  /** An expression was cut short because it, or all of them, cost too much. */
  public static final class ExceededException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ExceededException(String message) {
      super(message, null, false, false);
    }
  }

  void spend(long steps) {
    if (left.addAndGet(-steps) < 0) {
      throw new ExceededException(
          "validation failed due to running out of cost budget, no further validation rules will be"
              + " run");
    }
  }

  /** What a step that had this result cost; so few questions of rights may be asked. */
  static long cost(Object result) {
    if (result instanceof Authorizer.Decision) {
      return QUESTION;
    }
    return result instanceof CharSequence text ? 1 + text.length() / TEXT_PER_STEP : 1;
  }
}
