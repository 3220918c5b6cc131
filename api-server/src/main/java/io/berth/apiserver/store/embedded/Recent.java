package io.berth.apiserver.store.embedded;

import io.berth.apiserver.store.HistoryWatch;
import io.berth.apiserver.store.Store.Event;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The newest revision and the latest events, bounded, so that watches need not read the disk. */
final class Recent {
  private static final long OVERHEAD_BYTES = 300;

  private final int maxEvents;
  private final long maxBytes;
  private final ArrayDeque<Event> events = new ArrayDeque<>();
  private long bytes;

  /** Every event after this revision is here. */
  private long since;

  private volatile long revision;

  Recent(EmbeddedOptions options, long revision) {
    this.maxEvents = options.recentEvents();
    this.maxBytes = options.recentBytes();
    this.revision = revision;
    this.since = revision;
  }

  long revision() {
    return revision;
  }

  synchronized void publish(List<Event> committed, long newest) {
    for (Event event : committed) {
      events.add(event);
      bytes += size(event);
      while (events.size() > maxEvents || (bytes > maxBytes && events.size() > 1)) {
        Event oldest = events.removeFirst();
        bytes -= size(oldest);
        since = oldest.revision();
      }
    }
    revision = newest;
  }

  /** Drops what compaction forgot. */
  synchronized void forget(long compacted) {
    while (!events.isEmpty() && events.getFirst().revision() <= compacted) {
      bytes -= size(events.removeFirst());
    }
    since = Math.max(since, compacted);
  }

  /** What came after a revision, or null where that is too long ago. */
  synchronized HistoryWatch.@Nullable Slice after(String prefix, long after, int limit) {
    if (after < since) {
      return null;
    }
    List<Event> found = new ArrayList<>();
    if (after < revision) {
      Iterator<Event> backwards = events.descendingIterator();
      ArrayDeque<Event> newer = new ArrayDeque<>();
      while (backwards.hasNext()) {
        Event event = backwards.next();
        if (event.revision() <= after) {
          break;
        }
        newer.addFirst(event);
      }
      for (Event event : newer) {
        if (found.size() == limit) {
          return new HistoryWatch.Slice(List.copyOf(found), found.getLast().revision());
        }
        if (event.key().startsWith(prefix)) {
          found.add(event);
        }
      }
    }
    return new HistoryWatch.Slice(List.copyOf(found), Math.max(after, revision));
  }

  private static long size(Event event) {
    byte[] value = event.value();
    return OVERHEAD_BYTES
        + (value == null ? 0 : value.length)
        + (event.previous() == null ? 0 : event.previous().value().length);
  }
}
