package io.berth.agent.runtime.fake;

import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import io.berth.api.time.SimulatedEnvironment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The faults that a {@link FakeDriver} or {@link FakeImageStore} is to show, by the name of the
 * method called; {@code *} stands for all. Safe for use by many threads.
 */
public final class FakeRuntimeFaults {
  private enum Kind {
    FAIL,
    LOST_REPLY
  }

  private record Planned(String method, int[] left, Kind kind, String message) {}

  private final Environment environment;
  private final List<Planned> planned = new ArrayList<>();
  private final Map<String, Duration> delays = new HashMap<>();
  private final List<String> calls = new ArrayList<>();
  private @Nullable String down;

  FakeRuntimeFaults(Environment environment) {
    this.environment = environment;
  }

  /** The next calls fail and change nothing. */
  public synchronized void fail(int times, String method, String message) {
    planned.add(new Planned(method, new int[] {times}, Kind.FAIL, message));
  }

  /** The next calls take effect, but their callers see a failure. */
  public synchronized void loseReply(int times, String method) {
    planned.add(new Planned(method, new int[] {times}, Kind.LOST_REPLY, "connection reset"));
  }

  /** All calls of a method take that long. Without effect under simulated time. */
  public synchronized void slow(String method, Duration delay) {
    delays.put(method, delay);
  }

  /** Nothing can be reached, as when the runtime's daemon was killed; null ends it. */
  public synchronized void down(@Nullable String why) {
    down = why;
  }

  public synchronized void clear() {
    planned.clear();
    delays.clear();
    down = null;
  }

  /** Every call so far that was to change something: {@code method argument}. */
  public synchronized List<String> calls() {
    return List.copyOf(calls);
  }

  synchronized @Nullable String health() {
    return down;
  }

  synchronized void record(String call) {
    calls.add(call);
  }

  /** Throws where the call is to fail before it does anything. */
  void before(String method) {
    Duration delay;
    synchronized (this) {
      if (down != null) {
        throw new RuntimeDriverException(down);
      }
      take(method, Kind.FAIL);
      delay = delays.get(method);
    }
    if (delay != null && !(environment instanceof SimulatedEnvironment)) {
      await(delay);
    }
  }

  /** Throws where the call's reply is to be lost. */
  synchronized void after(String method) {
    take(method, Kind.LOST_REPLY);
  }

  private void take(String method, Kind kind) {
    for (Planned plan : planned) {
      boolean matches = plan.method().equals("*") || plan.method().equals(method);
      if (plan.left()[0] > 0 && plan.kind() == kind && matches) {
        plan.left()[0]--;
        throw new RuntimeDriverException(plan.message());
      }
    }
  }

  private void await(Duration delay) {
    CountDownLatch over = new CountDownLatch(1);
    environment.timers().after(delay, over::countDown);
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RuntimeDriverException("interrupted", e);
    }
  }
}
