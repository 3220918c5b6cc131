package io.berth.agent;

import io.berth.agent.stats.NodeStats;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks each few seconds at what the node and its pods use. {@link #step} is the loop's body. */
final class Housekeeping implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Housekeeping.class);
  private static final Duration PERIOD = Duration.ofSeconds(5);

  private final Environment environment;
  private final NodeStats stats;
  private volatile boolean closed;
  private volatile Timers.@Nullable Cancellable timer;

  Housekeeping(Environment environment, NodeStats stats) {
    this.environment = environment;
    this.stats = stats;
  }

  void start() {
    environment.executor().execute(this::run);
  }

  private void run() {
    if (closed) {
      return;
    }
    try {
      step();
    } catch (RuntimeException e) {
      log.warn("housekeeping failed", e);
    }
    if (!closed) {
      timer = environment.timers().after(PERIOD, this::run);
    }
  }

  void step() {
    stats.step();
  }

  @Override
  public void close() {
    closed = true;
    Timers.Cancellable waiting = timer;
    if (waiting != null) {
      waiting.cancel();
    }
  }
}
