package io.berth.apiserver.cache;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One watch: a bounded queue of what its selection saw, emptied by a task that calls the listener.
 * Whoever adds never waits.
 */
final class Watcher implements CacheWatch {
  private sealed interface Item {
    record Seen(WatchEvent event) implements Item {}

    record Bookmark(long revision) implements Item {}
  }

  private final Selection selection;
  private final CacheListener listener;
  private final Executor executor;
  private final ResourceCache home;
  private final Deque<Item> queue = new ArrayDeque<>();
  private final int room;

  /** Changes up to here are nothing new to the watch. */
  private final long after;

  private int capacity;
  private boolean running;
  private boolean ended;
  private @Nullable WatchEnd end;
  private @Nullable Runnable onDrained;

  /**
   * @param after the revision behind which the watch begins
   * @param room the most events that may wait, beside those that it starts with
   */
  Watcher(
      Selection selection,
      long after,
      CacheListener listener,
      Executor executor,
      ResourceCache home,
      int room) {
    this.selection = selection;
    this.after = after;
    this.listener = listener;
    this.executor = executor;
    this.home = home;
    this.room = room;
    this.capacity = room;
  }

  Selection selection() {
    return selection;
  }

  long after() {
    return after;
  }

  /** Adds what the selection sees of a change; false where the queue is full and the watch ends. */
  boolean offer(Change change) {
    WatchEvent event = change.revision() <= after ? null : change.seenBy(selection);
    if (event == null) {
      return true;
    }
    synchronized (this) {
      if (end == null && queue.size() >= capacity) {
        end = WatchEnd.TOO_SLOW;
        queue.clear();
      }
      if (end == null) {
        queue.add(new Item.Seen(event));
      }
      schedule();
      return end == null;
    }
  }

  /** Adds a start: changes that do not count as its own slowness. */
  synchronized void addAll(List<Change> changes) {
    for (Change change : changes) {
      WatchEvent event = change.seenBy(selection);
      if (event != null && end == null) {
        queue.add(new Item.Seen(event));
      }
    }
    capacity = room + queue.size();
    schedule();
  }

  synchronized int queued() {
    return queue.size();
  }

  /** Runs once, on the executor, when the queue is empty. */
  synchronized void whenDrained(Runnable task) {
    onDrained = task;
    schedule();
  }

  synchronized void bookmark(long revision) {
    if (end == null) {
      if (queue.peekLast() instanceof Item.Bookmark) {
        queue.removeLast();
      }
      queue.add(new Item.Bookmark(revision));
      schedule();
    }
  }

  @Override
  public void requestBookmark() {
    home.bookmark(this);
  }

  /** Ends the watch behind what is queued, or at once where the owner no longer wants it. */
  synchronized void end(WatchEnd why) {
    if (end == null) {
      end = why;
      if (why == WatchEnd.CLOSED) {
        queue.clear();
      }
      schedule();
    }
  }

  synchronized boolean ending() {
    return end != null;
  }

  @Override
  public void close() {
    home.remove(this);
    end(WatchEnd.CLOSED);
  }

  private void schedule() {
    if (!running && (!queue.isEmpty() || end != null || onDrained != null)) {
      running = true;
      executor.execute(this::pump);
    }
  }

  private void pump() {
    try {
      while (step()) {}
    } catch (RuntimeException e) {
      synchronized (this) {
        running = false;
      }
      close();
      throw e;
    }
  }

  private boolean step() {
    List<WatchEvent> events = new ArrayList<>();
    Item.Bookmark bookmark = null;
    Runnable drained = null;
    WatchEnd last = null;
    synchronized (this) {
      while (queue.peekFirst() instanceof Item.Seen seen) {
        events.add(seen.event());
        queue.removeFirst();
      }
      if (queue.pollFirst() instanceof Item.Bookmark mark) {
        bookmark = mark;
      }
      if (queue.isEmpty()) {
        last = ended ? null : end;
        drained = onDrained;
        onDrained = null;
      }
      if (events.isEmpty() && bookmark == null && drained == null && last == null) {
        running = false;
        return false;
      }
      ended |= last != null;
    }
    deliver(events, bookmark, last);
    if (drained != null) {
      drained.run();
    }
    return true;
  }

  private void deliver(
      List<WatchEvent> events, Item.@Nullable Bookmark bookmark, @Nullable WatchEnd last) {
    if (!events.isEmpty()) {
      listener.onEvents(events);
    }
    if (bookmark != null) {
      listener.onBookmark(bookmark.revision());
    }
    if (last != null) {
      listener.onEnd(last);
    }
  }
}
