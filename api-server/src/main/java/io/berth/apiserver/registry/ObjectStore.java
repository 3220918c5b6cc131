package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Headers;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.Store.Entry;
import io.berth.apiserver.store.Store.WriteResult;
import io.berth.apiserver.store.StoreKeys;
import io.berth.apiserver.store.StoreUnavailableException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Objects by name over the store and its cache. A write whose outcome the store does not know is
 * read back: it succeeded where its very bytes are there.
 */
public final class ObjectStore {
  private final Store store;
  private final WatchCache cache;

  public ObjectStore(Store store, WatchCache cache) {
    this.store = store;
    this.cache = cache;
  }

  /** What the cache knows now; it may be a moment behind. */
  public Optional<Stored> cached(ObjectKey key) {
    return cache.find(key).map(Stored::of);
  }

  /** The newest version, from the store itself. */
  public Optional<Stored> newest(ObjectKey key) {
    return store.get(StoreKeys.of(key)).map(entry -> Stored.at(entry.modRevision(), entry.value()));
  }

  /** The labels of an object; none where there is no such object. */
  public Map<String, String> labels(ObjectKey key) {
    return cache
        .find(key)
        .map(object -> object.header().labels())
        .or(() -> newest(key).map(stored -> Meta.labels(stored.tree())))
        .orElse(Map.of());
  }

  /** The cached version, or the store's where the cache has none. */
  public Optional<Stored> find(ObjectKey key) {
    return cached(key).or(() -> newest(key));
  }

  /**
   * The objects that the cache knows now, in the store's order.
   *
   * @param namespace null for all
   */
  public List<ApiObject> list(GroupResource resource, @Nullable String namespace) {
    return cache.list(resource, namespace).objects();
  }

  /** The revision of the new object; empty where the key is taken. */
  OptionalLong create(ObjectKey key, byte[] bytes, long lifetimeSeconds) {
    String at = StoreKeys.of(key);
    return revision(write(() -> store.create(at, bytes, lifetimeSeconds), at, bytes));
  }

  /**
   * Replaces an object that only the server itself changes so, such as a count in a status: neither
   * admitted nor validated.
   *
   * @param expected the version that the next one was made from
   * @return whether that was the current one
   */
  public boolean replace(ObjectKey key, Stored expected, ObjectNode next) {
    return update(key, Headers.stored(next), expected.revision(), 0).isPresent();
  }

  /** The revision of the new version; empty where the current one is not the expected. */
  Optional<Long> update(ObjectKey key, byte[] bytes, long expected, long lifetimeSeconds) {
    String at = StoreKeys.of(key);
    OptionalLong revision =
        revision(write(() -> store.update(at, bytes, expected, lifetimeSeconds), at, bytes));
    return revision.isPresent() ? Optional.of(revision.getAsLong()) : Optional.empty();
  }

  /**
   * Deletes that version.
   *
   * @return a revision; empty where the current version is not the expected
   */
  Optional<Long> delete(ObjectKey key, long expected) {
    String at = StoreKeys.of(key);
    try {
      OptionalLong revision = revision(store.delete(at, expected));
      return revision.isPresent() ? Optional.of(revision.getAsLong()) : Optional.empty();
    } catch (StoreUnavailableException e) {
      Optional<Entry> there = store.get(at);
      if (there.isEmpty()) {
        return Optional.of(expected);
      }
      if (there.get().modRevision() != expected) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private WriteResult write(Supplier<WriteResult> write, String key, byte[] bytes) {
    try {
      return write.get();
    } catch (StoreUnavailableException e) {
      Optional<Entry> there = store.get(key);
      if (there.isPresent() && Arrays.equals(there.get().value(), bytes)) {
        return new WriteResult.Written(there.get().modRevision());
      }
      throw e;
    }
  }

  private static OptionalLong revision(WriteResult result) {
    return switch (result) {
      case WriteResult.Written(long revision) -> OptionalLong.of(revision);
      case WriteResult.Mismatch ignored -> OptionalLong.empty();
    };
  }
}
