package io.berth.apiserver.cache;

import io.berth.api.object.ApiObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A client that lists, watches and keeps a view by what it is told, as kubectl and informers do;
 * anything that they could not live with is a fault. Where a watch ends it goes on by revision, or
 * lists again.
 */
final class Client implements CacheListener {
  private final WatchCache cache;
  private final Selection selection;
  private final Map<String, Long> view = new TreeMap<>();
  private final List<String> seen = new ArrayList<>();
  private final List<WatchEnd> ends = new ArrayList<>();
  private long revision;
  private int lists;
  private @Nullable CacheWatch watch;

  Client(WatchCache cache, Selection selection) {
    this.cache = cache;
    this.selection = selection;
  }

  synchronized void list() {
    Snapshot snapshot = cache.list(Pods.RESOURCE, selection.namespace());
    lists++;
    view.clear();
    for (ApiObject object : snapshot.objects()) {
      if (selection.includes(object)) {
        view.put(object.key().namespacedName(), object.header().revision());
      }
    }
    revision = snapshot.revision();
  }

  synchronized void watch() {
    watch = cache.watch(Pods.RESOURCE, selection, revision, this);
  }

  /** Watches from a revision with an empty view. */
  synchronized void watchFrom(long start) {
    revision = start;
    watch();
  }

  @Override
  public synchronized void onEvents(List<WatchEvent> events) {
    for (WatchEvent event : events) {
      String name = event.object().key().namespacedName();
      String json = new String(event.object().json(), StandardCharsets.UTF_8);
      check(event.revision() >= revision, event + " after " + revision);
      check(
          json.split("\"resourceVersion\":\"" + event.revision() + "\"", -1).length == 2,
          "revision " + event.revision() + " is not in " + json);
      switch (event.type()) {
        case ADDED -> check(view.put(name, event.revision()) == null, name + " added twice");
        case MODIFIED -> check(view.put(name, event.revision()) != null, name + " is new");
        case DELETED -> check(view.remove(name) != null, name + " was not there");
      }
      revision = event.revision();
      seen.add(event.type() + " " + name + "@" + event.revision());
    }
    notifyAll();
  }

  @Override
  public synchronized void onBookmark(long at) {
    check(at >= revision, "bookmark " + at + " after " + revision);
    revision = at;
    seen.add("BOOKMARK@" + at);
    notifyAll();
  }

  @Override
  public synchronized void onEnd(WatchEnd end) {
    ends.add(end);
    watch = null;
    notifyAll();
  }

  /** Goes on after an end, as a client would. */
  synchronized void goOn() {
    if (watch == null) {
      if (ends.getLast() == WatchEnd.COMPACTED) {
        list();
      }
      watch();
    }
  }

  synchronized void requestBookmark() {
    if (watch != null) {
      watch.requestBookmark();
    }
  }

  synchronized void close() {
    if (watch != null) {
      watch.close();
    }
  }

  synchronized void awaitRevision(long wanted, long limitNanos) throws InterruptedException {
    long deadline = System.nanoTime() + limitNanos;
    while (revision < wanted) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new AssertionError("reached " + revision + " instead of " + wanted + " " + ends);
      }
      wait(left);
    }
  }

  private static void check(boolean holds, String fault) {
    if (!holds) {
      throw new AssertionError(fault);
    }
  }

  synchronized Map<String, Long> view() {
    return new TreeMap<>(view);
  }

  synchronized List<String> seen() {
    return List.copyOf(seen);
  }

  synchronized List<WatchEnd> ends() {
    return List.copyOf(ends);
  }

  synchronized int lists() {
    return lists;
  }

  synchronized long revision() {
    return revision;
  }

  Selection selection() {
    return selection;
  }
}
