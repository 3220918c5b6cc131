package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.Store.Entry;
import io.berth.apiserver.store.Store.WriteResult;
import io.berth.apiserver.store.StoreUnavailableException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Things that only one object of a cluster can have, one store key each, so that several API
 * servers share them: whoever creates the key has the thing. The keys lie outside of {@code
 * /registry/}, for they are no objects of the API.
 *
 * <p>A server that dies between taking a thing and storing the object that has it leaves a
 * reservation behind; {@link #repair} finds it.
 */
final class Reservations {
  private final Store store;
  private final String prefix;

  /** Reservations that nothing used when {@link #repair} last looked, by their revision. */
  private Map<String, Long> suspects = new HashMap<>();

  /**
   * @param prefix of the keys, with a slash at the end
   */
  Reservations(Store store, String prefix) {
    this.store = store;
    this.prefix = prefix;
  }

  /** Takes a thing for an owner; false where another one has it. */
  boolean take(String thing, String owner) {
    byte[] value = Json.bytes(Json.object().put("owner", owner));
    try {
      return store.create(prefix + thing, value, 0) instanceof WriteResult.Written
          || ownedBy(thing, owner);
    } catch (StoreUnavailableException e) {
      if (ownedBy(thing, owner)) {
        return true;
      }
      throw e;
    }
  }

  private boolean ownedBy(String thing, String owner) {
    return store.get(prefix + thing).filter(e -> owner(e).equals(owner)).isPresent();
  }

  /** Gives a thing back, where the owner has it. */
  void release(String thing, String owner) {
    store
        .get(prefix + thing)
        .filter(entry -> owner(entry).equals(owner))
        .ifPresent(entry -> store.delete(entry.key(), entry.modRevision()));
  }

  boolean taken(String thing) {
    return store.get(prefix + thing).isPresent();
  }

  /**
   * Gives back what no object used now and when this was last called. To be called minutes apart,
   * by one thread.
   *
   * @param used what objects have
   * @return what was given back
   */
  List<String> repair(Set<String> used) {
    Map<String, Long> unused = new HashMap<>();
    Set<String> released = new HashSet<>();
    for (Entry entry : store.range(prefix, null, 0, 0).entries()) {
      String thing = entry.key().substring(prefix.length());
      if (used.contains(thing)) {
        continue;
      }
      Long before = suspects.get(thing);
      if (before != null && before == entry.modRevision()) {
        store.delete(entry.key(), entry.modRevision());
        released.add(thing);
      } else {
        unused.put(thing, entry.modRevision());
      }
    }
    suspects = unused;
    return released.stream().sorted().toList();
  }

  private static String owner(Entry entry) {
    JsonNode value = Json.parse(entry.value());
    return value.path("owner").asText("");
  }
}
