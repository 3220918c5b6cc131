package io.berth.apiserver.cache;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The objects, recent changes and watches of one resource. Reads take no lock: they see the last
 * state that was published.
 */
final class ResourceCache {
  /**
   * What readers see.
   *
   * @param last the revision of the last change in it
   */
  private record State(ObjectMap objects, long last) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final EventWindow window;
  private final WatcherIndex watchers = new WatcherIndex();
  private final LongSupplier reached;
  private volatile State state = new State(ObjectMap.EMPTY, 0);
  private long cut;

  /** Changes up to here come from the store's history and are older than the state. */
  private long loaded;

  /** How far back the window goes once the history before {@link #loaded} has come in. */
  private boolean backfilling;

  /**
   * @param since the revision from which on all changes will come
   * @param loaded the revision of the state
   * @param reached the revision that the whole cache has reached
   */
  ResourceCache(CacheSettings settings, long since, long loaded, LongSupplier reached) {
    this.window = new EventWindow(settings.windowEvents(), settings.windowBytes(), since);
    this.loaded = loaded;
    this.backfilling = since < loaded;
    this.reached = reached;
  }

  @Nullable ApiObject get(ObjectKey key) {
    return state.objects().get(key);
  }

  /** The objects now; {@code reached} must have been read before the state is. */
  Snapshot list(@Nullable String namespace) {
    long floor = reached.getAsLong();
    State now = state;
    List<ApiObject> objects =
        namespace == null ? now.objects().list() : now.objects().inNamespace(namespace);
    return new Snapshot(objects, Math.max(floor, now.last()), 0);
  }

  /** The objects at exactly a revision, or null where they may have changed since. */
  @Nullable List<ApiObject> exactly(@Nullable String namespace, long revision) {
    boolean known = revision <= reached.getAsLong();
    State now = state;
    if (!known || now.last() > revision) {
      return null;
    }
    return namespace == null ? now.objects().list() : now.objects().inNamespace(namespace);
  }

  /** The revision of the last change, or of the load before it. */
  long lastChange() {
    return state.last();
  }

  int size() {
    return state.objects().size();
  }

  int watching() {
    lock.lock();
    try {
      return watchers.size();
    } finally {
      lock.unlock();
    }
  }

  /** How many watches were cut because they were too slow. */
  long cut() {
    lock.lock();
    try {
      return cut;
    } finally {
      lock.unlock();
    }
  }

  /** Begins with what the store held at a revision. */
  void load(ObjectMap objects, long revision) {
    state = new State(objects, revision);
  }

  /**
   * Takes over what the store holds at a revision, and shows watchers the differences. Those that
   * began ahead of the cache know some of them already: they must begin again.
   *
   * @param position the revision up to which watchers have been shown everything
   */
  void reload(ObjectMap objects, long revision, long position) {
    lock.lock();
    try {
      for (Watcher ahead : List.copyOf(watchers.all())) {
        if (ahead.after() > position) {
          watchers.remove(ahead);
          ahead.end(WatchEnd.TOO_SLOW);
        }
      }
      List<Change> changes = Differences.between(state.objects(), objects, revision);
      state = new State(objects, revision);
      changes.forEach(this::dispatch);
      window.restart(revision);
      loaded = revision;
      backfilling = false;
    } finally {
      lock.unlock();
    }
  }

  /** Takes over a write. */
  void apply(long revision, ObjectKey key, @Nullable ApiObject current) {
    lock.lock();
    try {
      ObjectMap objects = state.objects();
      ApiObject previous = objects.get(key);
      ObjectMap next = current != null ? objects.with(current) : objects.without(key);
      state = new State(next, revision);
      if (current != null || previous != null) {
        Change change = new Change(revision, current, previous);
        window.add(change);
        dispatch(change);
      }
    } finally {
      lock.unlock();
    }
  }

  private void dispatch(Change change) {
    cut += watchers.dispatch(change);
  }

  /** Takes a write that the state already shows into the window. */
  void backfill(Change change) {
    lock.lock();
    try {
      window.add(change);
    } finally {
      lock.unlock();
    }
  }

  /** All writes that the state showed at the start are in the window now. */
  void backfilled() {
    lock.lock();
    try {
      backfilling = false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Starts a watch from the window, where that reaches back so far; else nothing happens.
   *
   * @return whether the watch has begun
   */
  boolean join(Watcher watcher, long afterRevision) {
    lock.lock();
    try {
      if (afterRevision < (backfilling ? loaded : window.since())) {
        return false;
      }
      watcher.addAll(window.after(afterRevision));
      if (!watcher.ending()) {
        watchers.add(watcher);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  void remove(Watcher watcher) {
    lock.lock();
    try {
      watchers.remove(watcher);
    } finally {
      lock.unlock();
    }
  }

  /** Tells a watcher, behind its events, how far the cache is. */
  void bookmark(Watcher watcher) {
    long floor = reached.getAsLong();
    lock.lock();
    try {
      if (watchers.all().contains(watcher)) {
        watcher.bookmark(Math.max(floor, state.last()));
      }
    } finally {
      lock.unlock();
    }
  }

  void bookmarkAll() {
    long floor = reached.getAsLong();
    lock.lock();
    try {
      long revision = Math.max(floor, state.last());
      watchers.all().forEach(w -> w.bookmark(revision));
    } finally {
      lock.unlock();
    }
  }

  /** Ends all watches. */
  void close() {
    List<Watcher> all;
    lock.lock();
    try {
      all = new ArrayList<>(watchers.all());
    } finally {
      lock.unlock();
    }
    all.forEach(Watcher::close);
  }
}
