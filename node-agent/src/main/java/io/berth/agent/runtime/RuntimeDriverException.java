package io.berth.agent.runtime;

import org.jspecify.annotations.Nullable;

/** A runtime could not do what it was asked; the message goes into the pod's events. */
public class RuntimeDriverException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public RuntimeDriverException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  public RuntimeDriverException(String message) {
    super(message);
  }
}
