package io.berth.apiserver.store;

import org.jspecify.annotations.Nullable;

/** The store cannot be reached or cannot write; whether a write took effect is unknown. */
public final class StoreUnavailableException extends StoreException {
  private static final long serialVersionUID = 1L;

  public StoreUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
