package io.berth.apiserver.cache;

import io.berth.api.codec.Headers;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectHeader;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreKeys;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sorts what comes from the store by resource. Changes come from one thread at a time, that of
 * {@link Feed}; reads from any.
 */
final class ResourceCaches {
  private static final Logger log = LoggerFactory.getLogger(ResourceCaches.class);

  private final CacheSettings settings;
  private final Function<GroupResource, Optional<ResourceDefinition>> definitions;
  private final Map<GroupResource, ResourceCache> caches = new ConcurrentSkipListMap<>();
  private final RevisionGate gate = new RevisionGate();
  private volatile boolean loaded;
  private volatile long windowSince;
  private volatile long loadedAt;

  ResourceCaches(
      CacheSettings settings, Function<GroupResource, Optional<ResourceDefinition>> definitions) {
    this.settings = settings;
    this.definitions = definitions;
  }

  RevisionGate gate() {
    return gate;
  }

  boolean loaded() {
    return loaded;
  }

  ResourceCache of(GroupResource resource) {
    ResourceCache known = caches.get(resource);
    return known != null ? known : caches.computeIfAbsent(resource, this::empty);
  }

  private ResourceCache empty(GroupResource resource) {
    return new ResourceCache(settings, windowSince, loadedAt, gate::revision);
  }

  Map<GroupResource, ResourceCache> all() {
    return caches;
  }

  /** Decodes what the store holds under a key; empty, and logged, where that is no object. */
  Optional<ApiObject> decode(String storeKey, byte[] stored, long revision) {
    ObjectKey key = StoreKeys.parse(storeKey);
    ResourceDefinition definition =
        key == null ? null : definitions.apply(key.resource()).orElse(null);
    if (key == null || definition == null) {
      log.debug("skipped key={}: no such resource is served", storeKey);
      return Optional.empty();
    }
    try {
      ObjectHeader header = Headers.read(definition, stored, revision);
      if (!header.key().equals(key)) {
        log.error("skipped key={} revision={}: holds {}", storeKey, revision, header.key());
        return Optional.empty();
      }
      return Optional.of(new ApiObject(header, Headers.withRevision(stored, revision)));
    } catch (IllegalArgumentException e) {
      log.error("skipped key={} revision={}: {}", storeKey, revision, e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * Takes over all that the store holds.
   *
   * @param objects in the order of their keys in the store
   * @param revision what they show
   * @param backfill the revision from which on the feed will repeat the store's history
   */
  void load(Collection<ApiObject> objects, long revision, long backfill) {
    Map<GroupResource, List<ApiObject>> byResource = new HashMap<>();
    for (ApiObject object : objects) {
      byResource.computeIfAbsent(object.key().resource(), r -> new ArrayList<>()).add(object);
    }
    if (loaded) {
      windowSince = revision;
      loadedAt = revision;
      byResource.keySet().forEach(this::of);
      long position = gate.revision();
      caches.forEach((r, cache) -> cache.reload(map(byResource.get(r)), revision, position));
    } else {
      windowSince = backfill;
      loadedAt = revision;
      byResource.forEach((r, sorted) -> of(r).load(map(sorted), revision));
      loaded = true;
    }
    gate.advance(revision);
  }

  private static ObjectMap map(@Nullable List<ApiObject> sorted) {
    return sorted == null ? ObjectMap.EMPTY : ObjectMap.of(sorted);
  }

  /** Takes over writes that follow all those before. */
  void apply(List<Store.Event> events) {
    for (Store.Event event : events) {
      ObjectKey key = StoreKeys.parse(event.key());
      if (key == null) {
        continue;
      }
      if (event.revision() <= loadedAt) {
        change(event).ifPresent(of(key.resource())::backfill);
      } else {
        endBackfill();
        byte[] value = event.value();
        ApiObject current =
            value == null ? null : decode(event.key(), value, event.revision()).orElse(null);
        of(key.resource()).apply(event.revision(), key, current);
      }
    }
    progress(events.getLast().revision());
  }

  /** A write of the store's history, decoded with what was there before. */
  Optional<Change> change(Store.Event event) {
    byte[] value = event.value();
    Store.Entry before = event.previous();
    ApiObject current =
        value == null ? null : decode(event.key(), value, event.revision()).orElse(null);
    ApiObject previous =
        before == null
            ? null
            : decode(before.key(), before.value(), before.modRevision()).orElse(null);
    return current == null && previous == null
        ? Optional.empty()
        : Optional.of(new Change(event.revision(), current, previous));
  }

  /** Nothing more was written up to this revision. */
  void progress(long revision) {
    if (revision >= loadedAt) {
      endBackfill();
    }
    gate.advance(revision);
  }

  private void endBackfill() {
    if (windowSince < loadedAt) {
      loadedAt = windowSince;
      caches.values().forEach(ResourceCache::backfilled);
    }
  }

  void bookmarkAll() {
    caches.values().forEach(ResourceCache::bookmarkAll);
  }

  void close() {
    caches.values().forEach(ResourceCache::close);
  }
}
