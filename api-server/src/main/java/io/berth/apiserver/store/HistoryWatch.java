package io.berth.apiserver.store;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A watch that reads a store's own history from a position onwards: whenever it is signalled, it
 * gives its listener all that came since, in order, on the executor, one call at a time. A slow
 * listener delays only itself; it loses its watch when compaction overtakes it.
 */
public final class HistoryWatch implements Store.Watch {
  private static final int BATCH = 500;

  /** What happened in a store, oldest first. */
  public interface History {
    /**
     * Reads on from a revision. Does not wait for writes to come.
     *
     * @param limit about how many events to return at most
     * @throws CompactedException the revision is older than what is kept
     * @throws StoreUnavailableException the history cannot be read
     */
    Slice after(String prefix, long revision, int limit);
  }

  /**
   * A part of a history.
   *
   * @param events the writes under the prefix
   * @param upTo the revision that the slice reaches: no other write under the prefix is at or below
   */
  public record Slice(List<Store.Event> events, long upTo) {}

  private sealed interface End {
    record Closed() implements End {}

    record Failed(StoreException cause) implements End {}
  }

  private final History history;
  private final Executor executor;
  private final String prefix;
  private final Store.WatchListener listener;
  private final Consumer<HistoryWatch> onEnded;
  private final AtomicInteger signals = new AtomicInteger();
  private final AtomicReference<@Nullable End> end = new AtomicReference<>();
  private long position;
  private boolean ended;

  /**
   * @param afterRevision where to begin
   * @param onEnded called once, before the listener's {@code onEnd}
   */
  public HistoryWatch(
      History history,
      Executor executor,
      String prefix,
      long afterRevision,
      Store.WatchListener listener,
      Consumer<HistoryWatch> onEnded) {
    this.history = history;
    this.executor = executor;
    this.prefix = prefix;
    this.position = afterRevision;
    this.listener = listener;
    this.onEnded = onEnded;
  }

  /** Says that the history may have grown. Never blocks unless the executor runs tasks at once. */
  public void signal() {
    if (signals.getAndIncrement() == 0) {
      executor.execute(this::pump);
    }
  }

  /** Ends the watch with an error. */
  public void fail(StoreException cause) {
    end.compareAndSet(null, new End.Failed(cause));
    signal();
  }

  @Override
  public void close() {
    end.compareAndSet(null, new End.Closed());
    signal();
  }

  private void pump() {
    int seen = signals.get();
    while (seen != 0) {
      while (!ended && step()) {}
      seen = signals.addAndGet(-seen);
    }
  }

  /** Delivers one slice; false when there was nothing more to deliver. */
  private boolean step() {
    End asked = end.get();
    if (asked != null) {
      finish(asked instanceof End.Failed failed ? failed.cause() : null);
      return false;
    }
    HistoryWatch.Slice slice;
    try {
      slice = history.after(prefix, position, BATCH);
    } catch (StoreException e) {
      finish(e);
      return false;
    }
    if (slice.upTo() <= position) {
      return false;
    }
    position = slice.upTo();
    if (!slice.events().isEmpty()) {
      listener.onEvents(slice.events());
    }
    if (slice.events().isEmpty() || slice.events().getLast().revision() < position) {
      listener.onProgress(position);
    }
    return true;
  }

  private void finish(@Nullable StoreException cause) {
    ended = true;
    onEnded.accept(this);
    listener.onEnd(cause);
  }
}
