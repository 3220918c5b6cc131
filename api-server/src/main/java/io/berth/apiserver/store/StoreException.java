package io.berth.apiserver.store;

import org.jspecify.annotations.Nullable;

/** A store's refusal. */
public abstract sealed class StoreException extends RuntimeException
    permits CompactedException,
        FutureRevisionException,
        StoreUnavailableException,
        ValueTooLargeException {
  private static final long serialVersionUID = 1L;

  StoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
