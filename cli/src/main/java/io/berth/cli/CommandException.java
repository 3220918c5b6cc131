package io.berth.cli;

import org.jspecify.annotations.Nullable;

/**
 * A command did not do what it says; the message is one line that says what is wrong and what to
 * do.
 */
public final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  public CommandException(String message) {
    this(message, 1, null);
  }

  public CommandException(String message, Throwable cause) {
    this(message, 1, cause);
  }

  public CommandException(String message, int exitCode, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** What went wrong at the bottom of a wrapped failure, for people. */
  public static String rootOf(Throwable failure) {
    Throwable root = failure;
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      root = cause;
    }
    return root.getMessage() == null ? root.toString() : root.getMessage();
  }

  public int exitCode() {
    return exitCode;
  }
}
