package io.berth.apiserver.cache;

import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Linearizable reads of the store's revision, shared: all requests that come while one read is
 * under way wait for the next one, which began after they came.
 */
final class SharedRevision {
  private final Store store;
  private final Executor executor;
  private boolean reading;
  private @Nullable CompletableFuture<Long> next;

  SharedRevision(Store store, Executor executor) {
    this.store = store;
    this.executor = executor;
  }

  /**
   * @throws StoreException the store does not answer
   */
  long read() {
    CompletableFuture<Long> joined = null;
    synchronized (this) {
      if (reading) {
        joined = next == null ? new CompletableFuture<>() : next;
        next = joined;
      } else {
        reading = true;
      }
    }
    if (joined != null) {
      return await(joined);
    }
    try {
      return store.revision();
    } finally {
      passOn();
    }
  }

  private static long await(CompletableFuture<Long> joined) {
    try {
      return joined.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof StoreException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Begins the read that others wait for, where there are any. */
  private synchronized void passOn() {
    CompletableFuture<Long> waiting = next;
    next = null;
    reading = waiting != null;
    if (waiting != null) {
      executor.execute(() -> readFor(waiting));
    }
  }

  private void readFor(CompletableFuture<Long> waiting) {
    try {
      waiting.complete(store.revision());
    } catch (RuntimeException e) {
      waiting.completeExceptionally(e);
    } finally {
      passOn();
    }
  }
}
