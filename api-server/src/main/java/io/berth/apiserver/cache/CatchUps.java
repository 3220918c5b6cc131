package io.berth.apiserver.cache;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Lets only so many watches read the store's history at a time: after a restart of the server all
 * agents may come at once with old revisions.
 */
final class CatchUps {
  private final int most;
  private final Queue<CatchUp> waiting = new ArrayDeque<>();
  private int running;

  CatchUps(int most) {
    this.most = most;
  }

  /**
   * Begins now or when others have finished.
   *
   * @param make makes the catch-up, given what it is to call when it has finished
   */
  void begin(Function<Runnable, CatchUp> make) {
    CatchUp next = make.apply(this::finished);
    synchronized (this) {
      if (running == most) {
        waiting.add(next);
        return;
      }
      running++;
    }
    next.open();
  }

  private void finished() {
    @Nullable CatchUp next;
    synchronized (this) {
      next = waiting.poll();
      if (next == null) {
        running--;
      }
    }
    if (next != null) {
      next.open();
    }
  }
}
