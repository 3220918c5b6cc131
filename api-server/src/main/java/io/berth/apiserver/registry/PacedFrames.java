package io.berth.apiserver.registry;

import io.berth.api.object.ApiObject;
import io.berth.apiserver.server.Frames;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Writes frames no faster than the client takes them: the writer waits, for a while, when too much
 * is under way. For sources that can wait: an initial list, or a watch, whose events pile up in a
 * bounded queue meanwhile.
 */
final class PacedFrames {
  private static final long PATIENCE_SECONDS = 30;

  private final Frames frames;
  private final Semaphore drained = new Semaphore(0);

  PacedFrames(Frames frames) {
    this.frames = frames;
    frames.onDrained(drained::release);
    frames.onClosed(drained::release);
  }

  /** False where the client is gone or too slow; nothing needs to be written any more. */
  boolean write(byte[] frame) {
    return ready() && frames.write(frame);
  }

  /** The same with a watch event of a whole object. */
  boolean event(String type, ApiObject object) {
    return ready() && frames.event(type, object);
  }

  private boolean ready() {
    if (frames.full()) {
      drained.drainPermits();
      if (frames.full() && !awaitDrained()) {
        frames.end();
        return false;
      }
    }
    return true;
  }

  void end() {
    frames.end();
  }

  private boolean awaitDrained() {
    try {
      return drained.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
