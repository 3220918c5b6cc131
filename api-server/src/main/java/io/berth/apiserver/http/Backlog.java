package io.berth.apiserver.http;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much waits for a client, and who is told once little does again. Safe for use by many
 * threads.
 */
final class Backlog {
  private final long fullBytes;
  private final AtomicLong pending = new AtomicLong();
  private final AtomicBoolean wasFull = new AtomicBoolean();
  private final List<Runnable> onDrained = new CopyOnWriteArrayList<>();

  /**
   * @param fullBytes from here on sources that can wait are asked to
   */
  Backlog(long fullBytes) {
    this.fullBytes = fullBytes;
  }

  /** How many bytes were sent and not taken yet. */
  long bytes() {
    return pending.get();
  }

  /**
   * @return what waits now
   */
  long add(int bytes) {
    return pending.addAndGet(bytes);
  }

  void taken(int bytes) {
    if (pending.addAndGet(-bytes) < fullBytes / 2 && wasFull.compareAndSet(true, false)) {
      onDrained.forEach(Runnable::run);
    }
  }

  boolean full() {
    if (pending.get() < fullBytes) {
      return false;
    }
    wasFull.set(true);
    return pending.get() >= fullBytes; // asked again: it may have drained in between
  }

  /** Calls back each time that less than half is left after {@link #full} was true. */
  void onDrained(Runnable callback) {
    onDrained.add(callback);
  }
}
