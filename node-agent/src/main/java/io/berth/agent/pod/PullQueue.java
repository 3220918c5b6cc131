package io.berth.agent.pod;

import io.berth.api.time.Environment;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Runs pulls in the order they came, only so many at once. Nobody waits in it twice for the same
 * start of a container, so it is no longer than the node has containers. Safe for use by many
 * threads.
 */
final class PullQueue {
  private final Environment environment;
  private final int atOnce;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private int running;

  /**
   * @param atOnce 1 has images pulled one after another
   */
  PullQueue(Environment environment, int atOnce) {
    this.environment = environment;
    this.atOnce = atOnce;
  }

  void add(Runnable pull) {
    synchronized (this) {
      if (running == atOnce) {
        waiting.add(pull);
        return;
      }
      running++;
    }
    execute(pull);
  }

  private void execute(Runnable pull) {
    environment
        .executor()
        .execute(
            () -> {
              try {
                pull.run();
              } finally {
                next();
              }
            });
  }

  private void next() {
    Runnable pull;
    synchronized (this) {
      pull = waiting.poll();
      running -= pull == null ? 1 : 0;
    }
    if (pull != null) {
      execute(pull);
    }
  }
}
