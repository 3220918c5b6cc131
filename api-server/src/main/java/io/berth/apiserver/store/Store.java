package io.berth.apiserver.store;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A map from keys to bytes with one revision counter, in the manner of etcd: every write takes the
 * next revision, reads may ask for the past until it is compacted, and a watch sees every write
 * from a revision on, in order, none left out.
 *
 * <p>An acknowledged write survives the death of the process. Every method blocks until the answer
 * is known and is safe for use by many threads. Where the store cannot be reached, methods throw
 * {@link StoreUnavailableException}; whether a write took effect is then unknown and the caller
 * must read to find out.
 */
public interface Store extends AutoCloseable {
  /** Larger values are refused with {@link ValueTooLargeException}. */
  int MAX_VALUE_BYTES = 1_536 * 1024;

  /**
   * One version of one key.
   *
   * @param key the full key
   * @param value the bytes, shared, not to be changed
   * @param createRevision the revision that created the key
   * @param modRevision the revision of this version
   */
  record Entry(String key, byte[] value, long createRevision, long modRevision) {}

  /**
   * A page of a range.
   *
   * @param entries in the order of their keys
   * @param revision the revision that the page shows
   * @param more whether keys of the range follow
   * @param remaining how many follow, 0 where none do
   */
  record Page(List<Entry> entries, long revision, boolean more, long remaining) {}

  /** How the outcome of a conditional write reads. */
  sealed interface WriteResult {
    /**
     * It was written and is durable.
     *
     * @param revision the write's own revision
     */
    record Written(long revision) implements WriteResult {}

    /**
     * The precondition did not hold; nothing was written.
     *
     * @param current what is there now, or null where the key does not exist
     */
    record Mismatch(@Nullable Entry current) implements WriteResult {}
  }

  /**
   * Creates a key that must not exist.
   *
   * @param lifetimeSeconds after this many seconds the store deletes the key by itself, within a
   *     minute; 0 for never
   */
  WriteResult create(String key, byte[] value, long lifetimeSeconds);

  /**
   * Replaces a key's value where its version is {@code expectedRevision}. The key's lifetime, if it
   * has one, begins anew when {@code lifetimeSeconds} is not 0.
   */
  WriteResult update(String key, byte[] value, long expectedRevision, long lifetimeSeconds);

  /** Deletes a key where its version is {@code expectedRevision}. */
  WriteResult delete(String key, long expectedRevision);

  /** The newest version of a key, linearizable. */
  Optional<Entry> get(String key);

  /**
   * Keys that begin with {@code prefix}, in order.
   *
   * @param prefix ends in {@code /}
   * @param afterKey only keys behind this one, or null to begin with the first
   * @param revision the past to show, or 0 for the newest, linearizable
   * @param limit the most entries a page holds, 0 for all
   * @throws CompactedException the revision is no longer kept
   * @throws FutureRevisionException the revision was not reached yet
   */
  Page range(String prefix, @Nullable String afterKey, long revision, int limit);

  /**
   * Watches all keys that begin with {@code prefix}. Returns at once. The listener gets every write
   * with a revision greater than {@code afterRevision}, in the order of revisions, then lives on
   * with the writes to come.
   *
   * <p>A watch ends with one {@link WatchListener#onEnd}: with a {@link CompactedException} where
   * the history it asked for is gone, with a {@link StoreUnavailableException} where the store was
   * lost (begin again from the last revision seen), or with null when it was closed.
   */
  Watch watch(String prefix, long afterRevision, WatchListener listener);

  /** The newest revision, linearizable. */
  long revision();

  /** Forgets all versions that were replaced or deleted at or before the revision. */
  void compact(long revision);

  /** The revision of the last compaction, 0 where there was none. */
  long compactedRevision();

  /** Null where the store works, else what is wrong, for people. Answers within a second. */
  @Nullable String health();

  @Override
  void close();

  /** A running watch. */
  interface Watch extends AutoCloseable {
    @Override
    void close();
  }

  /** Receives a watch's events, one call at a time. */
  interface WatchListener {
    /**
     * Writes in the order of revisions; never empty, and the writes of one revision are not split
     * over calls.
     *
     * @param events the writes
     */
    void onEvents(List<Event> events);

    /**
     * Nothing was written up to this revision that {@link #onEvents} has not shown, in the watched
     * range or outside. Comes now and then, so that a quiet range's readers know how far it is.
     */
    void onProgress(long revision);

    /** The end; see {@link Store#watch}. */
    void onEnd(@Nullable StoreException cause);
  }

  /**
   * One write.
   *
   * @param revision the write's revision
   * @param key the key
   * @param value the new bytes, or null where the key was deleted
   * @param previous the version it replaced or deleted, or null where the key was created; may be
   *     null as well where the previous version was compacted
   */
  record Event(long revision, String key, byte @Nullable [] value, @Nullable Entry previous) {
    public boolean deleted() {
      return value == null;
    }

    public boolean created() {
      return value != null && previous == null;
    }
  }
}
