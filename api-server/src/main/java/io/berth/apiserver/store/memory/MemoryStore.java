package io.berth.apiserver.store.memory;

import io.berth.api.time.Environment;
import io.berth.apiserver.store.CompactedException;
import io.berth.apiserver.store.FutureRevisionException;
import io.berth.apiserver.store.HistoryWatch;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreUnavailableException;
import io.berth.apiserver.store.ValueTooLargeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A store in memory, for simulation and tests: nothing survives the process. Watchers are called by
 * the writing thread before its write returns, unless another thread is calling them already, so
 * that a simulation on one thread never has to wait.
 */
public final class MemoryStore implements Store {
  /** One version of a key; a deletion has no value. */
  private record Version(long revision, long createRevision, byte @Nullable [] value) {}

  private final Environment environment;
  private final ReentrantLock lock = new ReentrantLock();
  private final TreeMap<String, List<Version>> keys = new TreeMap<>();
  private final Map<String, Long> lifetimes = new TreeMap<>();
  private final Set<HistoryWatch> watches = new LinkedHashSet<>();

  /** The writes after {@link #compacted}, one a revision. */
  private List<Event> history = new ArrayList<>();

  private long revision = 1;
  private long compacted;
  private long lifetimeSequence;
  private boolean closed;

  /**
   * @param environment its timers end lifetimes
   */
  public MemoryStore(Environment environment) {
    this.environment = environment;
    this.compacted = 0;
    this.history.add(new Event(1, "", null, null)); // revision 1 is the empty store's
  }

  @Override
  public WriteResult create(String key, byte[] value, long lifetimeSeconds) {
    return write(key, value, 0, lifetimeSeconds);
  }

  @Override
  public WriteResult update(String key, byte[] value, long expected, long lifetimeSeconds) {
    return write(key, value, expected, lifetimeSeconds);
  }

  @Override
  public WriteResult delete(String key, long expected) {
    return write(key, null, expected, 0);
  }

  private WriteResult write(String key, byte @Nullable [] value, long expected, long lifetime) {
    if (value != null && value.length > MAX_VALUE_BYTES) {
      throw new ValueTooLargeException(key, value.length);
    }
    WriteResult result;
    lock.lock();
    try {
      checkOpen();
      Entry current = newest(key);
      if (current == null ? expected != 0 : expected != current.modRevision()) {
        return new WriteResult.Mismatch(current);
      }
      if (current == null && value == null) {
        return new WriteResult.Mismatch(null);
      }
      result = new WriteResult.Written(append(key, value, current));
      if (value == null) {
        lifetimes.remove(key);
      } else if (lifetime > 0) {
        beginLifetime(key, lifetime);
      }
    } finally {
      lock.unlock();
    }
    signalWatches();
    return result;
  }

  private long append(String key, byte @Nullable [] value, @Nullable Entry current) {
    revision++;
    long created = current == null ? revision : current.createRevision();
    keys.computeIfAbsent(key, k -> new ArrayList<>(2)).add(new Version(revision, created, value));
    history.add(new Event(revision, key, value, current));
    return revision;
  }

  private void beginLifetime(String key, long seconds) {
    long token = ++lifetimeSequence;
    lifetimes.put(key, token);
    environment.timers().after(Duration.ofSeconds(seconds), () -> expire(key, token));
  }

  private void expire(String key, long token) {
    lock.lock();
    try {
      Long latest = lifetimes.get(key);
      Entry current = newest(key);
      if (closed || latest == null || latest != token || current == null) {
        return;
      }
      lifetimes.remove(key);
      append(key, null, current);
    } finally {
      lock.unlock();
    }
    signalWatches();
  }

  private @Nullable Entry newest(String key) {
    return at(key, keys.get(key), Long.MAX_VALUE);
  }

  /** The version that a revision shows, or null where the key did not exist then. */
  private static @Nullable Entry at(String key, @Nullable List<Version> versions, long revision) {
    if (versions == null) {
      return null;
    }
    for (Version version : versions.reversed()) {
      if (version.revision() <= revision) {
        byte[] value = version.value();
        return value == null
            ? null
            : new Entry(key, value, version.createRevision(), version.revision());
      }
    }
    return null;
  }

  @Override
  public Optional<Entry> get(String key) {
    lock.lock();
    try {
      checkOpen();
      return Optional.ofNullable(newest(key));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Page range(String prefix, @Nullable String afterKey, long at, int limit) {
    lock.lock();
    try {
      checkOpen();
      checkKept(at);
      long shown = at == 0 ? revision : at;
      String from = afterKey == null || afterKey.compareTo(prefix) < 0 ? prefix : afterKey;
      List<Entry> entries = new ArrayList<>();
      long remaining = 0;
      for (var key : keys.tailMap(from, from.equals(prefix)).entrySet()) {
        if (!key.getKey().startsWith(prefix)) {
          break;
        }
        Entry entry = at(key.getKey(), key.getValue(), shown);
        if (entry != null && limit > 0 && entries.size() == limit) {
          remaining++;
        } else if (entry != null) {
          entries.add(entry);
        }
      }
      return new Page(List.copyOf(entries), shown, remaining > 0, remaining);
    } finally {
      lock.unlock();
    }
  }

  private void checkKept(long at) {
    if (at > revision) {
      throw new FutureRevisionException(at, revision);
    }
    if (at != 0 && at < compacted) {
      throw new CompactedException(at, compacted);
    }
  }

  @Override
  public Watch watch(String prefix, long afterRevision, WatchListener listener) {
    HistoryWatch watch =
        new HistoryWatch(this::after, Runnable::run, prefix, afterRevision, listener, this::forget);
    lock.lock();
    try {
      checkOpen();
      watches.add(watch);
    } finally {
      lock.unlock();
    }
    watch.signal();
    return watch;
  }

  private HistoryWatch.Slice after(String prefix, long after, int limit) {
    lock.lock();
    try {
      if (after < compacted) {
        throw new CompactedException(after, compacted);
      }
      List<Event> events = new ArrayList<>();
      long upTo = after;
      for (long next = after + 1; next <= revision && events.size() < limit; next++) {
        Event event = history.get((int) (next - compacted - 1));
        if (event.key().startsWith(prefix)) {
          events.add(event);
        }
        upTo = next;
      }
      return new HistoryWatch.Slice(List.copyOf(events), upTo);
    } finally {
      lock.unlock();
    }
  }

  private void forget(HistoryWatch watch) {
    lock.lock();
    try {
      watches.remove(watch);
    } finally {
      lock.unlock();
    }
  }

  private void signalWatches() {
    List<HistoryWatch> all;
    lock.lock();
    try {
      all = List.copyOf(watches);
    } finally {
      lock.unlock();
    }
    all.forEach(HistoryWatch::signal);
  }

  @Override
  public long revision() {
    lock.lock();
    try {
      checkOpen();
      return revision;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void compact(long at) {
    lock.lock();
    try {
      checkOpen();
      if (at > revision) {
        throw new FutureRevisionException(at, revision);
      }
      if (at <= compacted) {
        return;
      }
      keys.values().removeIf(versions -> forgetReplaced(versions, at));
      history = new ArrayList<>(history.subList((int) (at - compacted), history.size()));
      compacted = at;
    } finally {
      lock.unlock();
    }
  }

  /** Drops versions that nobody may ask for any more; true where none is left. */
  private static boolean forgetReplaced(List<Version> versions, long at) {
    int keep = 0;
    while (keep + 1 < versions.size() && versions.get(keep + 1).revision() <= at) {
      keep++;
    }
    versions.subList(0, keep).clear();
    if (versions.getFirst().value() == null && versions.getFirst().revision() <= at) {
      versions.removeFirst();
    }
    return versions.isEmpty();
  }

  @Override
  public long compactedRevision() {
    lock.lock();
    try {
      return compacted;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public @Nullable String health() {
    lock.lock();
    try {
      return closed ? "the store is closed" : null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    List<HistoryWatch> all;
    lock.lock();
    try {
      closed = true;
      all = List.copyOf(watches);
    } finally {
      lock.unlock();
    }
    all.forEach(w -> w.fail(new StoreUnavailableException("the store is closed", null)));
  }

  private void checkOpen() {
    if (closed) {
      throw new StoreUnavailableException("the store is closed", null);
    }
  }
}
