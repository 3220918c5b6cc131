package io.berth.bench;

import io.berth.api.time.Environment;
import java.util.concurrent.locks.LockSupport;

/**
 * When operations are begun, on a fixed number of connections: each as soon as the one before it
 * was answered, or at a constant rate. At a rate an operation counts from when it was due, whether
 * or not a connection was free then: what the server holds up shows in the latencies of all that
 * wait for it.
 */
final class Arrivals {
  /** One operation. */
  @FunctionalInterface
  interface Operation {
    /**
     * @param dueNanos when it was to begin, by the environment's clock
     */
    void run(int index, long dueNanos);
  }

  private static final long SECOND = 1_000_000_000L;

  private final Environment environment;
  private final Load load;
  private final int rate;

  /**
   * @param rate operations a second; 0 for as many as are answered
   */
  Arrivals(Environment environment, int connections, int rate) {
    this.environment = environment;
    this.load = new Load(environment, connections);
    this.rate = rate;
  }

  /** How they come, for people. */
  String note() {
    return rate == 0 ? "" : ", " + rate + " a second";
  }

  /**
   * Runs operations 0 to {@code count - 1} and waits until all are answered.
   *
   * @throws RuntimeException the first failure of an operation
   */
  void run(int count, Operation operation) {
    long begin = environment.clock().nanos();
    load.run(
        count,
        index -> {
          long due = rate == 0 ? environment.clock().nanos() : begin + SECOND * index / rate;
          awaitTime(due);
          operation.run(index, due);
        });
  }

  private void awaitTime(long nanos) {
    long left;
    while ((left = nanos - environment.clock().nanos()) > 0) {
      LockSupport.parkNanos(left);
    }
  }
}
