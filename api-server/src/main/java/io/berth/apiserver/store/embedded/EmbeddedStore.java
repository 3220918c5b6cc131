package io.berth.apiserver.store.embedded;

import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.apiserver.store.FutureRevisionException;
import io.berth.apiserver.store.HistoryWatch;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreException;
import io.berth.apiserver.store.StoreUnavailableException;
import io.berth.apiserver.store.ValueTooLargeException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store in one SQLite file of this machine. One writer commits all writes that came while the
 * last commit was on its way to the disk as one transaction, so that they share one sync; reads
 * have connections of their own. An acknowledged write is on the disk, except one with a lifetime,
 * which survives the process but not the machine.
 *
 * <p>Revisions never repeat, not even where the machine lost unsynced writes or an older file was
 * put back: see {@link RevisionCeiling}.
 */
public final class EmbeddedStore implements Store {
  private static final Logger log = LoggerFactory.getLogger(EmbeddedStore.class);
  private static final String FILE = "berth.db";
  private static final Duration EXPIRE_EVERY = Duration.ofSeconds(10);
  private static final Duration PROBE_EVERY = Duration.ofSeconds(1);
  private static final int EXPIRE_BATCH = 500;
  private static final int SWEEP_ROWS = 2_000;

  private final Environment environment;
  private final DirectoryLock lock;
  private final Database database;
  private final RevisionCeiling ceiling;
  private final Recent recent;
  private final Committer committer;
  private final WriteQueue queue;
  private final Readers readers;
  private final Set<HistoryWatch> watches = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile Timers.@Nullable Cancellable chores;
  private long choresDone;

  private EmbeddedStore(
      Environment environment,
      Executor writer,
      EmbeddedOptions options,
      DirectoryLock lock,
      Database database,
      RevisionCeiling ceiling,
      long revision) {
    this.environment = environment;
    this.lock = lock;
    this.database = database;
    this.ceiling = ceiling;
    this.recent = new Recent(options, revision);
    this.committer =
        new Committer(database, ceiling, recent, environment.clock(), this::signalWatches);
    this.queue = new WriteQueue(options, writer, committer::commit);
    this.readers = new Readers(database, options);
  }

  /**
   * Opens the store of a directory, which is created where it is missing.
   *
   * @param directory holds the database; locked until the store is closed
   * @param environment ends lifetimes and runs watches
   * @param writer runs the writer: one platform thread, because its native calls block
   * @throws StoreUnavailableException the directory is in use, or the file cannot be read or
   *     written, is damaged, or of a newer format
   */
  public static EmbeddedStore open(
      Path directory, Environment environment, Executor writer, EmbeddedOptions options) {
    return open(directory, environment, writer, options, Schema.STEPS);
  }

  static EmbeddedStore open(
      Path directory,
      Environment environment,
      Executor writer,
      EmbeddedOptions options,
      List<List<String>> formats) {
    DirectoryLock lock = DirectoryLock.of(directory);
    Database database = new Database(directory.resolve(FILE), options);
    try {
      NativeLibrary.unpackInto(directory);
      database.prepare(formats);
      RevisionCeiling ceiling = new RevisionCeiling(directory);
      long revision = firstRevision(database, ceiling);
      EmbeddedStore store =
          new EmbeddedStore(environment, writer, options, lock, database, ceiling, revision);
      store.choresLater();
      return store;
    } catch (SQLException e) {
      lock.close();
      throw SqlErrors.unavailable(database.file(), e);
    } catch (IOException e) {
      lock.close();
      throw new StoreUnavailableException("cannot open " + database.file() + ": " + e, e);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Jumps over revisions that may have been served and are lost; then their history is, too. */
  private static long firstRevision(Database database, RevisionCeiling ceiling)
      throws SQLException, IOException {
    long stored;
    try (Reader reader = new Reader(database.openReader())) {
      stored = reader.newest();
    }
    long first = ceiling.firstRevision(stored);
    ceiling.cover(first);
    if (first != stored) {
      log.warn("revision raised from={} to={} file={}", stored, first, database.file());
      try (Tables tables = database.openTables()) {
        tables.begin(true);
        tables.setMeta("compacted", first);
        tables.commit();
      }
    }
    return first;
  }

  private void choresLater() {
    if (!closed.get()) {
      chores = environment.timers().after(PROBE_EVERY, this::chores);
    }
  }

  private void chores() {
    if (committer.trouble() != null) {
      queue.offer(new WriteRequest.Probe());
    }
    if (++choresDone % EXPIRE_EVERY.dividedBy(PROBE_EVERY) == 0) {
      try {
        while (!closed.get() && write(new WriteRequest.Expire(EXPIRE_BATCH)) == EXPIRE_BATCH) {}
      } catch (StoreException e) {
        log.debug("lifetimes were not ended: {}", e.getMessage());
      }
    }
    choresLater();
  }

  private int write(WriteRequest.Expire expire) {
    return (int) queue.call(expire);
  }

  @Override
  public WriteResult create(String key, byte[] value, long lifetimeSeconds) {
    return put(key, value, 0, lifetimeSeconds);
  }

  @Override
  public WriteResult update(String key, byte[] value, long expected, long lifetimeSeconds) {
    if (expected == 0) {
      throw new IllegalArgumentException("an update needs the revision that it replaces");
    }
    return put(key, value, expected, lifetimeSeconds);
  }

  @Override
  public WriteResult delete(String key, long expected) {
    return put(key, null, expected, 0);
  }

  private WriteResult put(String key, byte @Nullable [] value, long expected, long lifetime) {
    if (value != null && value.length > MAX_VALUE_BYTES) {
      throw new ValueTooLargeException(key, value.length);
    }
    return (WriteResult) queue.call(new WriteRequest.Put(key, value, expected, lifetime));
  }

  @Override
  public Optional<Entry> get(String key) {
    return readers.read(reader -> Optional.ofNullable(reader.get(key)));
  }

  @Override
  public Page range(String prefix, @Nullable String afterKey, long revision, int limit) {
    return readers.read(reader -> reader.range(prefix, afterKey, revision, limit));
  }

  @Override
  public Watch watch(String prefix, long afterRevision, WatchListener listener) {
    checkOpen();
    HistoryWatch watch =
        new HistoryWatch(
            this::after, environment.executor(), prefix, afterRevision, listener, watches::remove);
    watches.add(watch);
    watch.signal();
    if (closed.get()) {
      watch.fail(new StoreUnavailableException("the store is closed", null));
    }
    return watch;
  }

  private HistoryWatch.Slice after(String prefix, long after, int limit) {
    HistoryWatch.Slice slice = recent.after(prefix, after, limit);
    long upTo = recent.revision();
    return slice != null
        ? slice
        : readers.read(reader -> reader.events(prefix, after, upTo, limit));
  }

  private void signalWatches() {
    watches.forEach(HistoryWatch::signal);
  }

  @Override
  public long revision() {
    checkOpen();
    return recent.revision();
  }

  @Override
  public void compact(long revision) {
    if (revision > revision()) {
      throw new FutureRevisionException(revision, revision());
    }
    queue.call(new WriteRequest.Forget(revision));
    while ((boolean) queue.call(new WriteRequest.Sweep(SWEEP_ROWS))) {}
  }

  @Override
  public long compactedRevision() {
    return readers.read(Reader::compacted);
  }

  @Override
  public @Nullable String health() {
    if (closed.get()) {
      return "the store is closed";
    }
    String trouble = committer.trouble();
    return trouble != null ? trouble : readers.trouble();
  }

  private void checkOpen() {
    if (closed.get()) {
      throw new StoreUnavailableException("the store is closed", null);
    }
  }

  /** Waits for the writes under way, ends all watches and releases the directory. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    Timers.Cancellable timer = chores;
    if (timer != null) {
      timer.cancel();
    }
    queue.close();
    watches.forEach(w -> w.fail(new StoreUnavailableException("the store is closed", null)));
    try (lock) {
      readers.close();
      committer.close();
      database.checkpoint();
      ceiling.closeAt(recent.revision());
    } catch (SQLException | StoreException e) {
      log.warn("the store was not closed cleanly file={}: {}", database.file(), e.getMessage());
    }
    log.info("closed file={} revision={}", database.file(), recent.revision());
  }
}
