package io.berth.apiserver.cache;

import io.berth.api.object.ApiObject;
import io.berth.api.time.Environment;
import io.berth.apiserver.store.CompactedException;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreException;
import io.berth.apiserver.store.StoreKeys;
import io.berth.apiserver.store.StoreUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the cache on the store: reads everything once, then follows one watch. A watch that ends is
 * resumed from the last revision seen, with back-off; where that was compacted meanwhile,
 * everything is read again.
 *
 * <pre>
 *   EMPTY --load--> FOLLOWING --watch ends--> WAITING --back-off--> FOLLOWING
 *     ^                                          |
 *     +------------- compacted ------------------+
 * </pre>
 */
final class Feed implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Feed.class);
  private static final int PAGE = 1_000;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private final Store store;
  private final Environment environment;
  private final ResourceCaches caches;
  private final ReentrantLock lock = new ReentrantLock();
  private int backfill;

  /** The last revision seen, or 0 where everything must be read. */
  private long position;

  private int failures;
  private long attempt;
  private boolean closed;
  private Store.@Nullable Watch watch;
  private volatile @Nullable String trouble = "the cache has not been loaded yet";

  Feed(Store store, Environment environment, ResourceCaches caches, int backfill) {
    this.store = store;
    this.environment = environment;
    this.caches = caches;
    this.backfill = backfill;
  }

  /** Null while the feed follows the store, else what keeps it from that. */
  @Nullable String trouble() {
    return trouble;
  }

  /** One attempt to load, where needed, and to follow. Retries by itself. */
  void step() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      if (position == 0) {
        load();
      }
      follow();
    } catch (StoreException e) {
      retry(e);
    } finally {
      lock.unlock();
    }
  }

  private void load() {
    Store.Page page = store.range(StoreKeys.ROOT, null, 0, PAGE);
    long revision = page.revision();
    List<ApiObject> objects = new ArrayList<>();
    decode(page, objects);
    while (page.more()) {
      page = store.range(StoreKeys.ROOT, page.entries().getLast().key(), revision, PAGE);
      decode(page, objects);
    }
    // Revision 1 is that of an empty store; 0 would mean to read everything again.
    position = Math.max(1, Math.max(store.compactedRevision(), revision - backfill));
    backfill = 0; // a second load is one after a loss, whose differences are the only history
    caches.load(objects, revision, position);
    log.info("loaded objects={} revision={} historyFrom={}", objects.size(), revision, position);
  }

  private void decode(Store.Page page, List<ApiObject> objects) {
    for (Store.Entry entry : page.entries()) {
      caches.decode(entry.key(), entry.value(), entry.modRevision()).ifPresent(objects::add);
    }
  }

  private void follow() {
    long number = ++attempt;
    trouble = null;
    Store.Watch begun = store.watch(StoreKeys.ROOT, position, new Following(number));
    if (number == attempt && trouble == null) {
      watch = begun;
    }
  }

  private void retry(StoreException cause) {
    attempt++;
    if (closed) {
      return;
    }
    if (cause instanceof CompactedException) {
      position = 0;
    }
    if (failures % 12 == 0) {
      log.warn("store watch lost revision={}: {}", position, cause.getMessage());
    }
    trouble = "does not follow the store: " + cause.getMessage();
    double factor =
        Math.pow(2, Math.min(failures++, 10)) * (0.75 + environment.random().nextDouble() / 2);
    long millis = Math.min((long) (FIRST_PAUSE.toMillis() * factor), LONGEST_PAUSE.toMillis());
    environment.timers().after(Duration.ofMillis(millis), this::step);
  }

  @Override
  public void close() {
    Store.Watch open;
    lock.lock();
    try {
      closed = true;
      attempt++;
      open = watch;
      trouble = "the cache is closed";
    } finally {
      lock.unlock();
    }
    if (open != null) {
      open.close();
    }
  }

  /** What one watch brings; silent once another attempt has begun. */
  private final class Following implements Store.WatchListener {
    private final long number;

    Following(long number) {
      this.number = number;
    }

    @Override
    public void onEvents(List<Store.Event> events) {
      guarded(
          () -> {
            caches.apply(events);
            position = events.getLast().revision();
          });
    }

    @Override
    public void onProgress(long revision) {
      guarded(
          () -> {
            caches.progress(revision);
            position = Math.max(position, revision);
          });
    }

    @Override
    public void onEnd(@Nullable StoreException cause) {
      lock.lock();
      try {
        if (number == attempt) {
          retry(cause != null ? cause : new StoreUnavailableException("the watch ended", null));
        }
      } finally {
        lock.unlock();
      }
    }

    private void guarded(Runnable work) {
      lock.lock();
      try {
        if (number == attempt) {
          work.run();
          failures = 0;
        }
      } catch (RuntimeException e) {
        log.error("the cache cannot take over what the store says: it is read again", e);
        position = 0;
        retry(new StoreUnavailableException("the cache failed: " + e, e));
      } finally {
        lock.unlock();
      }
    }
  }
}
