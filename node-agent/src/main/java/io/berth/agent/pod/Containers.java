package io.berth.agent.pod;

import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decides about the containers of a pod that has a sandbox. */
final class Containers {
  /** Labels and annotations of containers. */
  static final String HASH = "io.kubernetes.container.hash";

  /** How many ended containers of a name are kept, for their logs and last state. */
  private static final int KEPT = 2;

  enum Initialized {
    DONE,
    WAITING,
    FAILED
  }

  private final Planning plan;
  private final PodView pod;
  private final Sandbox sandbox;
  private final RuntimeState state;

  Containers(Planning plan, PodView pod, Sandbox sandbox) {
    this.plan = plan;
    this.pod = pod;
    this.sandbox = sandbox;
    this.state = plan.snapshot().state();
  }

  /** One init container after the other; sidecars go on running once they have started. */
  Initialized initialize() {
    boolean begun = pod.main().stream().anyMatch(def -> here(def) != null);
    for (ContainerDef def : pod.init()) {
      Container container = here(def);
      tidy(def);
      boolean passed = def.sidecar() ? keepRunning(def) || begun : begun || succeeded(container);
      if (passed) {
        continue;
      }
      if (container != null
          && PodDecider.ended(container)
          && !pod.restarts(def, container.exitCode())) {
        return Initialized.FAILED;
      }
      if (!def.sidecar()) {
        bringUp(def, container);
      }
      initializing();
      return Initialized.WAITING;
    }
    return Initialized.DONE;
  }

  private static boolean succeeded(@Nullable Container container) {
    return container != null && PodDecider.ended(container) && container.exitCode() == 0;
  }

  private void initializing() {
    pod.main().forEach(def -> plan.waiting(def.name(), Waiting.INITIALIZING));
  }

  /** Each once, whether the others have begun or not; what becomes of them changes nothing else. */
  void runEphemeral() {
    for (ContainerDef def : pod.ephemeral()) {
      Container last = state.latest(def.name()).orElse(null);
      boolean ran = last == null ? attempts(def) >= 0 : last.state() != ContainerState.CREATED;
      if (!ran) {
        bringUp(def, last);
      }
    }
  }

  void runAll() {
    List<Container> ended = new ArrayList<>();
    for (ContainerDef def : pod.main()) {
      Container container = here(def);
      if (container != null
          && PodDecider.ended(container)
          && !pod.restarts(def, container.exitCode())) {
        ended.add(container);
      } else {
        keepRunning(def);
      }
      tidy(def);
    }
    if (!ended.isEmpty() && ended.size() == pod.main().size()) {
      plan.verdict(Ending.of(ended));
    }
  }

  /** Whether the container runs and has started. */
  private boolean keepRunning(ContainerDef def) {
    Container container = here(def);
    if (container == null || !RuntimeState.isAlive(container)) {
      bringUp(def, container);
      return false;
    }
    String failed = "";
    ProbeState probes = plan.snapshot().probes().get(container.id());
    if (probes != null) {
      failed = probes.failed();
    }
    String hash = container.annotations().getOrDefault(HASH, def.hash());
    if (container.state() == ContainerState.UNKNOWN) {
      stop(def, container, "is in an unknown state, will be restarted", "");
    } else if (!failed.isEmpty()) {
      stop(def, container, "failed " + failed + " probe, will be restarted", failed);
    } else if (!hash.equals(def.hash())) {
      stop(def, container, "definition changed, will be restarted", "");
    } else {
      return probes == null || probes.started();
    }
    return false;
  }

  private void stop(ContainerDef def, Container container, String why, String probe) {
    long grace = pod.graceSeconds();
    if (!probe.isEmpty()) {
      grace = def.json().path(probe + "Probe").path("terminationGracePeriodSeconds").asLong(grace);
    }
    String message = "Container " + def.name() + " " + why;
    Stopping.stop(plan, container, Duration.ofSeconds(grace), message);
  }

  /** Starts a container that does not run, once nothing holds it up any more. */
  private void bringUp(ContainerDef def, @Nullable Container here) {
    if (here != null && RuntimeState.isAlive(here)) {
      return;
    }
    plan.waiting(def.name(), Waiting.CREATING);
    if (here != null && here.state() == ContainerState.CREATED) {
      if (!plan.blocked(def.name())) {
        plan.add(new PodAction.StartCreated(def, here.id()));
      }
      return;
    }
    Container last = state.latest(def.name()).orElse(null);
    if (plan.blocked("") || plan.blocked(def.name()) || backingOff(def, last)) {
      return;
    }
    PodHistory history = plan.snapshot().history();
    long now = plan.snapshot().nowNanos();
    BackOffState backOff =
        last == null
            ? new BackOffState(Duration.ZERO, now)
            : BackOffState.next(history.backOffs().get(def.name()), endSeen(last), now);
    int attempt = Math.max(last == null ? -1 : last.attempt(), attempts(def)) + 1;
    plan.add(new PodAction.StartContainer(def, sandbox.id(), attempt, backOff));
  }

  private int attempts(ContainerDef def) {
    return plan.snapshot().history().attempts().getOrDefault(def.name(), -1);
  }

  private boolean backingOff(ContainerDef def, @Nullable Container last) {
    if (last == null) {
      return false;
    }
    PodSnapshot snapshot = plan.snapshot();
    BackOffState state = snapshot.history().backOffs().get(def.name());
    Duration wait = BackOffState.wait(state, endSeen(last), snapshot.nowNanos());
    if (state == null || !wait.isPositive()) {
      return false;
    }
    String message =
        "back-off "
            + text(state.delay())
            + " restarting failed container="
            + def.name()
            + " pod="
            + pod.id().described();
    plan.waiting(def.name(), new Waiting("CrashLoopBackOff", message));
    plan.wake(wait);
    return true;
  }

  private long endSeen(Container container) {
    PodSnapshot snapshot = plan.snapshot();
    return snapshot.history().endsSeen().getOrDefault(container.id(), snapshot.nowNanos());
  }

  /** Forgets all but the newest ended containers of a name. */
  private void tidy(ContainerDef def) {
    List<Container> ended =
        state.containers().stream()
            .filter(c -> c.name().equals(def.name()) && c.sandboxId().equals(sandbox.id()))
            .filter(PodDecider::ended)
            .toList();
    ended.stream().skip(KEPT).forEach(c -> plan.add(new PodAction.RemoveContainer(c.id())));
  }

  private @Nullable Container here(ContainerDef def) {
    return state.latestIn(sandbox.id(), def.name()).orElse(null);
  }

  /** {@code 1m20s}, as Kubernetes prints durations. */
  static String text(Duration duration) {
    long minutes = duration.toMinutes();
    long seconds = duration.toSecondsPart();
    return minutes > 0 ? minutes + "m" + seconds + "s" : seconds + "s";
  }
}
