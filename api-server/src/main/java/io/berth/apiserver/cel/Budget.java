package io.berth.apiserver.cel;

import com.google.errorprone.annotations.ThreadSafe;
import java.util.concurrent.atomic.AtomicLong;

/** What the expressions of one request may still cost; {@link ActualCosts} says what they do. */
@ThreadSafe
public final class Budget {
  /** One expression's limit. */
  static final long PER_EXPRESSION = 1_000_000;

  /** The limit of all expressions of a policy, or of all rules of an object, together. */
  private static final long PER_REQUEST = 10_000_000;

  /** The limit of all conditions of a policy or webhook together. */
  private static final long CONDITIONS = 2_500_000;

  private final AtomicLong left;

  private Budget(long cost) {
    this.left = new AtomicLong(cost);
  }

  /** For a policy's expressions, or for the rules of an object. */
  public static Budget ofRequest() {
    return new Budget(PER_REQUEST);
  }

  /** For the conditions that a policy or webhook is asked under. */
  public static Budget ofConditions() {
    return new Budget(CONDITIONS);
  }

  /** All expressions together cost too much; the message says so to clients. */
  public static final class ExceededException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ExceededException() {
      super(
          "validation failed due to running out of cost budget, no further validation rules will be"
              + " run",
          null,
          false,
          false);
    }
  }

  void spend(long cost) {
    if (left.addAndGet(-cost) < 0) {
      throw new ExceededException();
    }
  }
}
