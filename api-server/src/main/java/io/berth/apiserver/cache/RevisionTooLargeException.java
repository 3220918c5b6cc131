package io.berth.apiserver.cache;

/**
 * The cache did not reach a revision in time: the one asked for is ahead of the store, or the cache
 * is behind it. Kubernetes' status is 504 with the cause {@code ResourceVersionTooLarge}.
 */
public final class RevisionTooLargeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long requested;
  private final long current;

  public RevisionTooLargeException(long requested, long current) {
    super("Too large resource version: " + requested + ", current: " + current);
    this.requested = requested;
    this.current = current;
  }

  public long requested() {
    return requested;
  }

  public long current() {
    return current;
  }
}
