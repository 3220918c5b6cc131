package io.berth.agent.probe;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.pod.ProbeState;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The probes of one running container. The startup probe comes alone; the others begin once it has
 * succeeded. A failed liveness or startup probe is the last: the container is to end.
 */
final class ContainerProbes implements AutoCloseable {
  /** Is told outside of any lock. */
  interface Listener {
    void changed();

    /**
     * @param kind {@code Liveness}, {@code Readiness} or {@code Startup}
     */
    void result(String kind, ProbeRunner.Result result);
  }

  private final Environment environment;
  private final ProbeRunner runner;
  private final Listener listener;
  private final ProbeRunner.Target target;
  private final Instant startedAt;
  private final Map<String, Timers.Cancellable> timers = new HashMap<>();
  private ProbeState state;
  private boolean closed;
  private boolean ending;

  ContainerProbes(
      Environment environment,
      ProbeRunner runner,
      Listener listener,
      ProbeRunner.Target target,
      Instant startedAt,
      ProbeState before) {
    this.environment = environment;
    this.runner = runner;
    this.listener = listener;
    this.target = target;
    this.startedAt = startedAt;
    boolean started = before.started() || !has("startup");
    this.state = new ProbeState(started, started && (before.ready() || !has("readiness")), "");
  }

  private boolean has(String kind) {
    return probe(kind).isObject();
  }

  private JsonNode probe(String kind) {
    return target.container().path(kind + "Probe");
  }

  synchronized ProbeState state() {
    return state;
  }

  synchronized void start() {
    if (!state.started()) {
      begin("startup");
    } else {
      begin("liveness");
      begin("readiness");
    }
  }

  private void begin(String kind) {
    if (has(kind)) {
      ProbeSettings settings = ProbeSettings.of(probe(kind));
      Duration ran = Duration.between(startedAt, environment.clock().now());
      Duration delay = settings.initialDelay().minus(ran);
      Streak streak = new Streak(settings);
      schedule(kind, settings, streak, delay.isNegative() ? Duration.ZERO : delay);
    }
  }

  private void schedule(String kind, ProbeSettings settings, Streak streak, Duration delay) {
    if (!over(kind)) {
      timers.put(kind, environment.timers().after(delay, () -> step(kind, settings, streak)));
    }
  }

  private boolean over(String kind) {
    return closed || (ending && !kind.equals("readiness"));
  }

  private void step(String kind, ProbeSettings settings, Streak streak) {
    synchronized (this) {
      if (over(kind)) {
        return;
      }
    }
    long began = environment.clock().nanos();
    ProbeRunner.Result result = runner.run(probe(kind), target, settings.timeout());
    Duration rest = settings.period().minusNanos(environment.clock().nanos() - began);
    boolean changed = false;
    synchronized (this) {
      if (over(kind)) {
        return;
      }
      ProbeState before = state;
      streak.add(result.success()).ifPresent(success -> state = after(kind, success));
      changed = !before.equals(state);
      boolean over = !state.failed().isEmpty() || (kind.equals("startup") && state.started());
      if (!over) {
        schedule(kind, settings, streak, rest.isNegative() ? Duration.ZERO : rest);
      } else if (state.failed().isEmpty()) {
        start(); // the startup probe succeeded: now the others
      }
    }
    String name = Character.toUpperCase(kind.charAt(0)) + kind.substring(1);
    listener.result(name, result);
    if (changed) {
      listener.changed();
    }
  }

  private ProbeState after(String kind, boolean success) {
    return switch (kind) {
      case "startup" ->
          success
              ? new ProbeState(true, !has("readiness"), "")
              : new ProbeState(false, false, "startup");
      case "readiness" -> new ProbeState(true, success, state.failed());
      default -> success ? state : new ProbeState(true, state.ready(), "liveness");
    };
  }

  /** The pod is being deleted: it still is ready or not, but nothing restarts it. */
  synchronized void onlyReadiness() {
    ending = true;
    for (String kind : List.of("liveness", "startup")) {
      Timers.Cancellable timer = timers.remove(kind);
      if (timer != null) {
        timer.cancel();
      }
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    timers.values().forEach(Timers.Cancellable::cancel);
  }
}
