package io.berth.api.time;

import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * What the outside world gives to a loop: time, timers, threads and chance. Production uses {@link
 * SystemEnvironment}; tests and the simulator use {@link SimulatedEnvironment}, where everything
 * runs on one thread from one seed.
 */
public interface Environment {
  Clock clock();

  Timers timers();

  /** Runs tasks that may block: virtual threads in production. Never rejects. */
  Executor executor();

  /** Safe for use by many threads. */
  RandomGenerator random();
}
