package io.berth.apiserver.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A store that fails as it is told to. Safe for use by many threads. */
public final class FaultyStore implements Store {
  private final Store store;
  private final Set<FaultyWatch> watches = ConcurrentHashMap.newKeySet();
  private final AtomicInteger watchesBegun = new AtomicInteger();
  private final AtomicInteger revisionsRead = new AtomicInteger();
  private volatile boolean unavailable;
  private volatile boolean losingReplies;
  private volatile boolean silent;

  public FaultyStore(Store store) {
    this.store = store;
  }

  /** While set, every call fails and does nothing; watches that are open stay so. */
  public void unavailable(boolean now) {
    unavailable = now;
  }

  /** While set, writes are carried out and their replies lost. */
  public void losingReplies(boolean now) {
    losingReplies = now;
  }

  /** Ends all watches as if the connection broke. */
  public void cutWatches() {
    List.copyOf(watches).forEach(FaultyWatch::cut);
  }

  /** While set, new watches show nothing and do not end, as behind a connection that hangs. */
  public void silent(boolean now) {
    silent = now;
  }

  public int watchesBegun() {
    return watchesBegun.get();
  }

  public int revisionsRead() {
    return revisionsRead.get();
  }

  private <T> T read(Supplier<T> call) {
    if (unavailable) {
      throw new StoreUnavailableException("the test made the store unavailable", null);
    }
    return call.get();
  }

  private WriteResult write(Supplier<WriteResult> call) {
    WriteResult result = read(call);
    if (losingReplies) {
      throw new StoreUnavailableException("the test lost the reply", null);
    }
    return result;
  }

  @Override
  public WriteResult create(String key, byte[] value, long lifetimeSeconds) {
    return write(() -> store.create(key, value, lifetimeSeconds));
  }

  @Override
  public WriteResult update(String key, byte[] value, long expected, long lifetimeSeconds) {
    return write(() -> store.update(key, value, expected, lifetimeSeconds));
  }

  @Override
  public WriteResult delete(String key, long expected) {
    return write(() -> store.delete(key, expected));
  }

  @Override
  public Optional<Entry> get(String key) {
    return read(() -> store.get(key));
  }

  @Override
  public Page range(String prefix, @Nullable String afterKey, long revision, int limit) {
    return read(() -> store.range(prefix, afterKey, revision, limit));
  }

  @Override
  public Watch watch(String prefix, long afterRevision, WatchListener listener) {
    watchesBegun.incrementAndGet();
    FaultyWatch watch = new FaultyWatch(listener);
    watches.add(watch);
    if (unavailable) {
      watch.cut();
    } else if (!silent) {
      watch.inner = store.watch(prefix, afterRevision, watch);
    }
    return watch;
  }

  @Override
  public long revision() {
    revisionsRead.incrementAndGet();
    return read(store::revision);
  }

  @Override
  public void compact(long revision) {
    read(
        () -> {
          store.compact(revision);
          return revision;
        });
  }

  @Override
  public long compactedRevision() {
    return store.compactedRevision();
  }

  @Override
  public @Nullable String health() {
    return unavailable ? "the test made the store unavailable" : store.health();
  }

  @Override
  public void close() {
    store.close();
  }

  private final class FaultyWatch implements Watch, WatchListener {
    private final WatchListener listener;
    private volatile @Nullable Watch inner;
    private boolean ended;

    FaultyWatch(WatchListener listener) {
      this.listener = listener;
    }

    void cut() {
      finish(new StoreUnavailableException("the test cut the watch", null));
    }

    @Override
    public synchronized void onEvents(List<Event> events) {
      if (!ended) {
        listener.onEvents(new ArrayList<>(events));
      }
    }

    @Override
    public synchronized void onProgress(long revision) {
      if (!ended) {
        listener.onProgress(revision);
      }
    }

    @Override
    public void onEnd(@Nullable StoreException cause) {
      finish(cause);
    }

    @Override
    public void close() {
      finish(null);
    }

    private void finish(@Nullable StoreException cause) {
      watches.remove(this);
      synchronized (this) {
        if (ended) {
          return;
        }
        ended = true;
        listener.onEnd(cause);
      }
      Watch open = inner;
      if (open != null) {
        open.close();
      }
    }
  }
}
