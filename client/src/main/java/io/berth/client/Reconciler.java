package io.berth.client;

/**
 * Brings the world of one key nearer to what is wanted. It is handed a key and nothing else, reads
 * what is wanted and what is, and may be called at any time, again, and after a crash.
 *
 * @param <K> what names the work: most often an {@code ObjectKey}
 */
@FunctionalInterface
public interface Reconciler<K> {
  /**
   * @throws Exception it failed: the key is tried again after a back-off
   */
  Outcome reconcile(K key) throws Exception;
}
