package io.berth.apiserver.cache;

/** Why a cache's watch ended. */
public enum WatchEnd {
  /** Its owner closed it, or the cache was closed. */
  CLOSED,
  /** It did not keep up with the changes: watch again from the last revision seen. */
  TOO_SLOW,
  /** The history it asked for is gone: list again. Kubernetes' status is 410. */
  COMPACTED,
  /** The store cannot be reached for the history it asked for: watch again later. */
  STORE_LOST
}
