package io.berth.apiserver.store;

import io.berth.api.time.Clock;
import io.berth.api.time.Environment;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.api.time.SystemEnvironment;
import io.berth.api.time.Timers;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * Real threads under a clock that only the test moves: timers run on the test's own thread, so only
 * that may set them.
 */
public final class HybridEnvironment implements Environment, AutoCloseable {
  private final SystemEnvironment system = new SystemEnvironment();
  private final SimulatedEnvironment simulated = new SimulatedEnvironment(1);

  /** Lets time pass and runs the timers that come due in it. */
  public void advance(Duration duration) {
    simulated.advance(duration);
  }

  @Override
  public Clock clock() {
    return simulated.clock();
  }

  @Override
  public Timers timers() {
    return simulated.timers();
  }

  @Override
  public Executor executor() {
    return system.executor();
  }

  @Override
  public RandomGenerator random() {
    return system.random();
  }

  @Override
  public void close() {
    system.close();
  }
}
