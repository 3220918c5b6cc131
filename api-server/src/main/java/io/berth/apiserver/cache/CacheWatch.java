package io.berth.apiserver.cache;

/** A running watch on the cache. Safe for use by many threads. */
public interface CacheWatch extends AutoCloseable {
  /** Has the listener told, behind all events so far, how far the cache is. */
  void requestBookmark();

  /** Ends the watch; the listener hears of it. Idempotent. */
  @Override
  void close();
}
