package io.berth.apiserver.store;

/** A value over {@link Store#MAX_VALUE_BYTES}. */
public final class ValueTooLargeException extends StoreException {
  private static final long serialVersionUID = 1L;

  public ValueTooLargeException(String key, int bytes) {
    super(
        key
            + ": "
            + bytes
            + " bytes are more than the "
            + Store.MAX_VALUE_BYTES
            + " that a value may have",
        null);
  }
}
