package io.berth.apiserver.cache;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The most recent changes of one resource, in order, bounded in number and bytes. Guarded by the
 * lock of its {@link ResourceCache}.
 */
final class EventWindow {
  private final int maxEvents;
  private final long maxBytes;
  private Change[] ring = new Change[16];
  private int head;
  private int size;
  private long bytes;

  /** Every change after this revision is here. */
  private long since;

  EventWindow(int maxEvents, long maxBytes, long since) {
    this.maxEvents = maxEvents;
    this.maxBytes = maxBytes;
    this.since = since;
  }

  long since() {
    return since;
  }

  /** Forgets everything: from this revision on it will be complete again. */
  void restart(long revision) {
    Arrays.fill(ring, null);
    head = 0;
    size = 0;
    bytes = 0;
    since = revision;
  }

  void add(Change change) {
    if (size == ring.length) {
      grow();
    }
    ring[(head + size) % ring.length] = change;
    size++;
    bytes += change.bytes();
    while (size > maxEvents || (bytes > maxBytes && size > 1)) {
      since = Math.max(since, ring[head].revision());
      bytes -= ring[head].bytes();
      removeFirst();
    }
  }

  /** The changes after a revision that is not before {@link #since}. */
  List<Change> after(long revision) {
    int low = 0;
    int high = size - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (at(middle).revision() <= revision) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    List<Change> changes = new ArrayList<>(size - low);
    for (int i = low; i < size; i++) {
      changes.add(at(i));
    }
    return changes;
  }

  private Change at(int index) {
    return ring[(head + index) % ring.length];
  }

  @SuppressWarnings("NullAway") // an empty place of the ring
  private void removeFirst() {
    ring[head] = null;
    head = (head + 1) % ring.length;
    size--;
  }

  private void grow() {
    Change[] larger = new Change[ring.length * 2];
    for (int i = 0; i < size; i++) {
      larger[i] = at(i);
    }
    ring = larger;
    head = 0;
  }
}
