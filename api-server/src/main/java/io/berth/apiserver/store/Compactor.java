package io.berth.apiserver.store;

import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a store forget its history, but never what is younger than the time to keep. Several may work
 * on one store: each goes by the revisions that it saw itself.
 */
public final class Compactor implements AutoCloseable {
  /** How long history is kept at least. */
  public static final Duration KEEP = Duration.ofMinutes(5);

  private static final Logger log = LoggerFactory.getLogger(Compactor.class);
  private static final Duration EVERY = Duration.ofSeconds(30);

  private record Mark(long nanos, long revision) {}

  private final Store store;
  private final Environment environment;
  private final Duration keep;

  /** The newest revision at some moments, oldest first; as many as fit into the time to keep. */
  private final Deque<Mark> marks = new ArrayDeque<>();

  private boolean closed;
  private Timers.@Nullable Cancellable next;

  public Compactor(Store store, Environment environment, Duration keep) {
    this.store = store;
    this.environment = environment;
    this.keep = keep;
  }

  /** Begins; the first compaction comes when the time to keep has passed. */
  public synchronized void start() {
    if (!closed) {
      next =
          environment
              .timers()
              .after(
                  EVERY,
                  () -> {
                    step();
                    start();
                  });
    }
  }

  /** Notes the newest revision, and compacts up to the newest one that is old enough. */
  public void step() {
    try {
      long now = environment.clock().nanos();
      marks.add(new Mark(now, store.revision()));
      Mark old = null;
      while (!marks.isEmpty() && now - marks.getFirst().nanos() >= keep.toNanos()) {
        old = marks.removeFirst();
      }
      if (old != null && old.revision() > store.compactedRevision()) {
        store.compact(old.revision());
        log.debug("compacted revision={}", old.revision());
      }
    } catch (StoreException e) {
      log.warn("compaction failed, is tried again later: {}", e.getMessage());
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (next != null) {
      next.cancel();
    }
  }
}
