package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.apiserver.cache.Snapshot;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.store.CompactedException;
import io.berth.apiserver.store.StoreKeys;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads from the cache: by default all that was acknowledged before the request came, with {@code
 * resourceVersion=0} whatever is there. The past comes from the store.
 */
final class Reads {
  /** Objects read from the store at a time where a selector may drop most of them. */
  private static final int STORE_PAGE = 500;

  private final WatchCache cache;

  Reads(WatchCache cache) {
    this.cache = cache;
  }

  /**
   * One page of a list.
   *
   * @param objects in the store's order, their JSON with resourceVersion
   * @param revision what the list shows
   * @param next where the next page begins, null where this is the last
   * @param remaining how many objects follow; -1 where that is not known
   */
  record Page(
      List<ApiObject> objects, long revision, @Nullable ContinueToken next, long remaining) {
    /** The same page in another version. */
    Page with(List<ApiObject> shown) {
      return new Page(shown, revision, next, remaining);
    }
  }

  Stored get(ApiRequest request, RequestInfo info) {
    ObjectKey key = ObjectKey.of(info.resource().storedResource(), info.namespace(), info.name());
    String version = request.query("resourceVersion");
    await(version == null || version.isEmpty() ? ListOptions.NO_REVISION : revision(version));
    return cache
        .find(key)
        .map(Stored::of)
        .orElseThrow(() -> Errors.notFound(key.resource(), key.name()));
  }

  private static long revision(String version) {
    try {
      return Math.max(0, Long.parseLong(version));
    } catch (NumberFormatException e) {
      throw Errors.badRequest("resourceVersion: Invalid value: \"" + version + "\"");
    }
  }

  /** Waits until the cache is as new as the request demands. */
  void await(long revision) {
    if (revision == ListOptions.NO_REVISION) {
      cache.freshRevision();
    } else if (revision > 0) {
      cache.awaitRevision(revision);
    }
  }

  /** The objects now, at least as new as the options demand. */
  Snapshot snapshot(RequestInfo info, ListOptions options) {
    await(options.revision());
    return cache.list(info.resource().storedResource(), namespace(info));
  }

  /** How many objects there are now, as far as the cache knows. */
  int count(RequestInfo info) {
    return cache.list(info.resource().storedResource(), namespace(info)).objects().size();
  }

  Page list(RequestInfo info, ListOptions options) {
    ContinueToken next = options.next();
    if (next != null && next.revision() != ContinueToken.NEWEST) {
      return past(info, options, next.revision(), next.after());
    }
    if (next == null && exact(options)) {
      return past(info, options, options.revision(), null);
    }
    Snapshot snapshot = snapshot(info, options);
    return page(snapshot, options, next == null ? null : next.after());
  }

  /** A limit with a revision asks for that revision, for its pages are to be of one state. */
  private static boolean exact(ListOptions options) {
    return options.revision() > 0
        && (options.match() == ListOptions.Match.EXACT
            || (options.match() == ListOptions.Match.UNSET && options.limit() > 0));
  }

  private static Page page(Snapshot snapshot, ListOptions options, @Nullable ObjectKey after) {
    List<ApiObject> all = snapshot.objects();
    if (after == null && options.limit() == 0 && !options.selective()) {
      return new Page(all, snapshot.revision(), null, -1);
    }
    List<ApiObject> page = new ArrayList<>();
    for (int i = after == null ? 0 : behind(all, after); i < all.size(); i++) {
      ApiObject object = all.get(i);
      if (!options.matches(object)) {
        continue;
      }
      if (options.limit() > 0 && page.size() == options.limit()) {
        long remaining = options.selective() ? -1 : all.size() - i;
        return new Page(
            page,
            snapshot.revision(),
            new ContinueToken(snapshot.revision(), page.getLast().key()),
            remaining);
      }
      page.add(object);
    }
    return new Page(page, snapshot.revision(), null, -1);
  }

  private static int behind(List<ApiObject> all, ObjectKey after) {
    int low = 0;
    int high = all.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (StoreKeys.ORDER.compare(all.get(middle).key(), after) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private Page past(
      RequestInfo info, ListOptions options, long revision, @Nullable ObjectKey after) {
    GroupResource resource = info.resource().storedResource();
    int limit = options.limit();
    int chunk = options.selective() ? Math.max(limit, STORE_PAGE) : limit;
    List<ApiObject> page = new ArrayList<>();
    ObjectKey from = after;
    while (true) {
      Snapshot part = cache.listAt(resource, namespace(info), revision, from, chunk);
      List<ApiObject> objects = part.objects();
      for (int i = 0; i < objects.size(); i++) {
        ApiObject object = objects.get(i);
        if (!options.matches(object)) {
          continue;
        }
        page.add(object);
        long left = objects.size() - i - 1 + part.remaining();
        if (page.size() == limit && left > 0) {
          return new Page(
              page,
              revision,
              new ContinueToken(revision, object.key()),
              options.selective() ? -1 : left);
        }
      }
      if (part.remaining() == 0 || objects.isEmpty()) {
        return new Page(page, revision, null, -1);
      }
      from = objects.getLast().key();
    }
  }

  private static @Nullable String namespace(RequestInfo info) {
    return info.namespace().isEmpty() ? null : info.namespace();
  }

  /**
   * The status for a token whose revision is no longer kept. It holds a token to go on with all the
   * same, at the newest revision.
   */
  static ObjectNode expired(ContinueToken token) {
    ObjectNode status = Errors.expiredContinueToken().toStatus();
    ((ObjectNode) status.get("metadata"))
        .put("continue", new ContinueToken(ContinueToken.NEWEST, token.after()).encode());
    return status;
  }

  static ApiException tooOld(ListOptions options, CompactedException e) {
    return Errors.tooOldResourceVersion(options.revision(), e.compactedRevision());
  }

  static String listKind(ResourceDefinition resource) {
    return resource.kind() + "List";
  }
}
