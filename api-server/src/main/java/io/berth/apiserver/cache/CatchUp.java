package io.berth.apiserver.cache;

import io.berth.api.resource.GroupResource;
import io.berth.apiserver.store.CompactedException;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreException;
import io.berth.apiserver.store.StoreKeys;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings a watcher that begins before the window up to it, from the store's own history. Stops
 * reading while the watcher's queue is full, and begins again where it stopped.
 */
final class CatchUp {
  private final Store store;
  private final ResourceCaches caches;
  private final GroupResource resource;
  private final Watcher watcher;
  private final int room;
  private final Runnable onDone;
  private long position;
  private long attempt;
  private boolean done;
  private Store.@Nullable Watch watch;

  /**
   * @param onDone called once, whatever becomes of it
   */
  CatchUp(
      Store store,
      ResourceCaches caches,
      GroupResource resource,
      Watcher watcher,
      long afterRevision,
      int room,
      Runnable onDone) {
    this.store = store;
    this.caches = caches;
    this.resource = resource;
    this.watcher = watcher;
    this.position = afterRevision;
    this.room = room;
    this.onDone = onDone;
  }

  /** Reads on from where it stopped. */
  void open() {
    long number;
    long from;
    synchronized (this) {
      if (done) {
        return;
      }
      number = ++attempt;
      from = position;
    }
    try {
      Store.Watch begun = store.watch(StoreKeys.prefix(resource), from, new Listener(number));
      boolean stale;
      synchronized (this) {
        stale = number != attempt;
        if (!stale) {
          watch = begun;
        }
      }
      if (stale) {
        begun.close();
      }
    } catch (StoreException e) {
      fail(number, e);
    }
  }

  /**
   * Takes over events no further than the cache is: what lies beyond comes from the cache, so that
   * nothing comes twice.
   */
  private void events(long number, List<Store.Event> events) {
    long bound = caches.gate().revision();
    boolean beyond = false;
    synchronized (this) {
      if (number != attempt) {
        return;
      }
      for (Store.Event event : events) {
        beyond = event.revision() > bound;
        if (beyond) {
          break;
        }
        caches.change(event).ifPresent(change -> watcher.addAll(List.of(change)));
        position = event.revision();
      }
      position = beyond ? Math.max(position, bound) : position;
    }
    advance(number, beyond);
  }

  private void progress(long number, long revision) {
    synchronized (this) {
      if (number != attempt) {
        return;
      }
      position = Math.max(position, Math.min(revision, caches.gate().revision()));
    }
    advance(number, false);
  }

  /**
   * Joins the window where it is reached, pauses where the watcher has enough to do.
   *
   * @param dropped whether what was read behind the position must be read again
   */
  private void advance(long number, boolean dropped) {
    if (watcher.ending() || caches.of(resource).join(watcher, position)) {
      finish(number);
    } else if ((dropped || watcher.queued() > room) && stop(number)) {
      watcher.whenDrained(this::open);
    }
  }

  private void finish(long number) {
    if (stop(number)) {
      synchronized (this) {
        done = true;
      }
      onDone.run();
    }
  }

  private void fail(long number, @Nullable StoreException cause) {
    synchronized (this) {
      if (number != attempt) {
        return;
      }
    }
    watcher.end(cause instanceof CompactedException ? WatchEnd.COMPACTED : WatchEnd.STORE_LOST);
    finish(number);
  }

  private boolean stop(long number) {
    Store.Watch open;
    synchronized (this) {
      if (number != attempt) {
        return false;
      }
      attempt++;
      open = watch;
      watch = null;
    }
    if (open != null) {
      open.close();
    }
    return true;
  }

  private final class Listener implements Store.WatchListener {
    private final long number;

    Listener(long number) {
      this.number = number;
    }

    @Override
    public void onEvents(List<Store.Event> events) {
      events(number, events);
    }

    @Override
    public void onProgress(long revision) {
      progress(number, revision);
    }

    @Override
    public void onEnd(@Nullable StoreException cause) {
      fail(number, cause);
    }
  }
}
