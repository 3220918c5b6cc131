package io.berth.apiserver.store;

/** A revision that the store has not reached. */
public final class FutureRevisionException extends StoreException {
  private static final long serialVersionUID = 1L;

  public FutureRevisionException(long requested, long current) {
    super("revision " + requested + " is ahead of the newest, " + current, null);
  }
}
