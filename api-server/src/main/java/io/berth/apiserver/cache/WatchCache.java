package io.berth.apiserver.cache;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.apiserver.store.CompactedException;
import io.berth.apiserver.store.FutureRevisionException;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreException;
import io.berth.apiserver.store.StoreKeys;
import io.berth.apiserver.store.StoreUnavailableException;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All objects of a store in memory, kept up by one watch, and the watches of all clients on them.
 *
 * <p>Reads take no lock and never wait, except for {@link #freshRevision} and {@link
 * #awaitRevision}: a read that must show all that was acknowledged before it calls {@code
 * freshRevision()} first, one that must not be older than a revision {@code awaitRevision()}. All
 * objects are shared and must not be changed; their JSON carries the resourceVersion.
 *
 * <p>Nobody who writes ever waits for one who watches: each watch has a bounded queue, and one that
 * overflows ends the watch, to be resumed by revision. Safe for use by many threads.
 */
public final class WatchCache implements AutoCloseable {
  private final Store store;
  private final Environment environment;
  private final CacheSettings settings;
  private final ResourceCaches caches;
  private final Feed feed;
  private final SharedRevision shared;
  private final CatchUps catchUps;
  private final CacheMetrics metrics;
  private Timers.@Nullable Cancellable bookmarks;

  /**
   * @param definitions the resources that are served; keys of others are left alone
   */
  public WatchCache(
      Store store,
      Environment environment,
      MeterRegistry meters,
      CacheSettings settings,
      Function<GroupResource, Optional<ResourceDefinition>> definitions) {
    this.store = store;
    this.environment = environment;
    this.settings = settings;
    this.caches = new ResourceCaches(settings, definitions);
    this.feed = new Feed(store, environment, caches, settings.backfill());
    this.shared = new SharedRevision(store, environment.executor());
    this.catchUps = new CatchUps(settings.catchUps());
    this.metrics = new CacheMetrics(meters);
  }

  /** With all resources, built-in or not, and the default bounds. */
  public WatchCache(Store store, Environment environment, MeterRegistry meters) {
    this(
        store,
        environment,
        meters,
        CacheSettings.defaults(),
        r -> Optional.of(Resources.stored(r)));
  }

  /**
   * Loads what the store holds and begins to follow it. Where the store does not answer, this
   * returns all the same and goes on trying; see {@link #health()}.
   */
  public void start() {
    feed.step();
    metrics.update(caches.all());
    bookmarkLater();
  }

  private synchronized void bookmarkLater() {
    bookmarks = environment.timers().after(settings.bookmarkEvery(), this::bookmarkAll);
  }

  private void bookmarkAll() {
    caches.bookmarkAll();
    metrics.update(caches.all());
    bookmarkLater();
  }

  /** Whether the cache has been loaded; reads throw until then. */
  public boolean ready() {
    return caches.loaded();
  }

  /** Null where the cache follows its store, else what is wrong, for people. */
  public @Nullable String health() {
    return feed.trouble();
  }

  /** The revision that the cache has reached. */
  public long revision() {
    return caches.gate().revision();
  }

  /**
   * Waits until the cache shows all that was acknowledged before this call.
   *
   * @return the revision it has reached
   * @throws StoreException the store does not answer
   * @throws RevisionTooLargeException the cache is behind the store
   */
  public long freshRevision() {
    awaitRevision(shared.read());
    return revision();
  }

  /**
   * Waits, up to the limit of the settings, until the cache reaches a revision.
   *
   * @throws RevisionTooLargeException it did not
   */
  public void awaitRevision(long revision) {
    if (!caches.gate().await(revision, settings.freshness())) {
      throw new RevisionTooLargeException(revision, revision());
    }
  }

  /** The object as the cache shows it now. */
  public Optional<ApiObject> find(ObjectKey key) {
    return Optional.ofNullable(loaded(key.resource()).get(key));
  }

  /**
   * The objects as the cache shows them now.
   *
   * @param namespace null for all, and for cluster-scoped resources
   */
  public Snapshot list(GroupResource resource, @Nullable String namespace) {
    return loaded(resource).list(namespace);
  }

  /**
   * Tells cheaply, for as long as this cache lives, whether some resources changed: by a number
   * that grows with each change of one of them.
   */
  public LongSupplier changes(List<GroupResource> resources) {
    List<ResourceCache> homes = resources.stream().map(caches::of).toList();
    return () -> {
      long sum = 0; // not the greatest: a reload gives all the same revision, one after the other
      for (ResourceCache home : homes) {
        sum += home.lastChange();
      }
      return sum;
    };
  }

  /**
   * The objects at exactly a revision of the past, from the store where the cache no longer shows
   * them.
   *
   * @param after only objects behind this one, or null to begin with the first
   * @param limit the most objects, 0 for all
   * @throws CompactedException the revision is no longer kept
   * @throws FutureRevisionException the revision was not reached yet
   */
  public Snapshot listAt(
      GroupResource resource,
      @Nullable String namespace,
      long revision,
      @Nullable ObjectKey after,
      int limit) {
    List<ApiObject> now = loaded(resource).exactly(namespace, revision);
    if (now != null) {
      return page(now, revision, after, limit);
    }
    Store.Page page =
        store.range(
            StoreKeys.prefix(resource, namespace),
            after == null ? null : StoreKeys.of(after),
            revision,
            limit);
    List<ApiObject> objects = new ArrayList<>(page.entries().size());
    for (Store.Entry entry : page.entries()) {
      caches.decode(entry.key(), entry.value(), entry.modRevision()).ifPresent(objects::add);
    }
    return new Snapshot(objects, page.revision(), page.remaining());
  }

  private static Snapshot page(
      List<ApiObject> all, long revision, @Nullable ObjectKey after, int limit) {
    int from = 0;
    int behind = all.size();
    while (after != null && from < behind) {
      int middle = (from + behind) >>> 1;
      if (StoreKeys.ORDER.compare(all.get(middle).key(), after) <= 0) {
        from = middle + 1;
      } else {
        behind = middle;
      }
    }
    int to = limit == 0 ? all.size() : Math.min(all.size(), from + limit);
    return new Snapshot(all.subList(from, to), revision, all.size() - to);
  }

  /**
   * Watches a resource. The listener gets every change behind the revision that the selection sees,
   * in order, none left out and none twice, then lives on with the changes to come. Returns at
   * once; where the history is gone, the listener is told so.
   *
   * @param afterRevision where to begin: the revision of a {@link Snapshot} or of the last event
   *     seen
   */
  public CacheWatch watch(
      GroupResource resource, Selection selection, long afterRevision, CacheListener listener) {
    ResourceCache home = loaded(resource);
    Watcher watcher =
        new Watcher(
            selection,
            afterRevision,
            listener,
            environment.executor(),
            home,
            settings.watcherQueue());
    if (!home.join(watcher, afterRevision)) {
      catchUps.begin(
          done ->
              new CatchUp(
                  store, caches, resource, watcher, afterRevision, settings.watcherQueue(), done));
    }
    return watcher;
  }

  private ResourceCache loaded(GroupResource resource) {
    if (!caches.loaded()) {
      throw new StoreUnavailableException("the cache is not loaded yet", null);
    }
    return caches.of(resource);
  }

  /** Stops following and ends all watches. Does not close the store. */
  @Override
  public void close() {
    feed.close();
    synchronized (this) {
      if (bookmarks != null) {
        bookmarks.cancel();
      }
    }
    caches.close();
  }

  /** How long a request waits for the cache at most. */
  public Duration freshness() {
    return settings.freshness();
  }
}
