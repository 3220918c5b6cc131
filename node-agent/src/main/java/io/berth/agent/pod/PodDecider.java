package io.berth.agent.pod;

import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriver.SandboxState;
import java.time.Duration;
import java.util.Optional;

/**
 * Decides what a pod needs next. Pure: the same snapshot gives the same plan.
 *
 * <pre>
 *   wanted:    sandbox ──▶ init containers, one by one ──▶ containers ──▶ (restarts) ──▶ verdict
 *   verdict:   stop containers ──▶ stop sandbox; everything stays for its logs
 *   deleting:  stop containers ──▶ stop sandbox ──▶ last status, remove from the API
 *   gone:      stop containers ──▶ remove sandboxes ──▶ forget
 * </pre>
 */
public final class PodDecider {
  private PodDecider() {}

  public static PodPlan decide(PodSnapshot snapshot) {
    Planning plan = new Planning(snapshot);
    PodView pod = snapshot.pod();
    if (snapshot.gone() || pod == null) {
      remove(plan);
    } else if (pod.deleting()) {
      delete(plan, pod);
    } else if (snapshot.history().verdict() != null || pod.terminal()) {
      Stopping.stop(plan, Duration.ofSeconds(pod.graceSeconds()));
    } else if (!expired(plan, pod)) {
      run(plan, pod);
    }
    return plan.done();
  }

  /** What the API no longer has: everything ends and is forgotten. */
  private static void remove(Planning plan) {
    PodSnapshot snapshot = plan.snapshot();
    PodView pod = snapshot.pod();
    long seconds = pod == null ? snapshot.orphanGraceSeconds() : pod.graceSeconds();
    if (!Stopping.stop(plan, plan.remaining(Duration.ofSeconds(seconds)))) {
      return;
    }
    snapshot.state().sandboxes().forEach(s -> plan.add(new PodAction.RemoveSandbox(s.id())));
    if (snapshot.state().isEmpty()) {
      plan.add(new PodAction.Forget());
    }
  }

  private static void delete(Planning plan, PodView pod) {
    Duration grace = plan.remaining(Duration.ofSeconds(pod.graceSeconds()));
    if (Stopping.stop(plan, grace)) {
      plan.add(new PodAction.FinishDeletion());
    }
  }

  /** Whether the pod's own deadline has passed; if not, looks again when it does. */
  private static boolean expired(Planning plan, PodView pod) {
    long seconds = pod.spec().path("activeDeadlineSeconds").asLong(0);
    var startedAt = plan.snapshot().history().startedAt();
    if (seconds <= 0 || startedAt == null) {
      return false;
    }
    Duration left = Duration.between(plan.snapshot().now(), startedAt.plusSeconds(seconds));
    if (left.isPositive()) {
      plan.wake(left);
      return false;
    }
    String message = "Pod was active on the node longer than the specified deadline";
    plan.verdict(new Verdict("Failed", "DeadlineExceeded", message, false));
    return true;
  }

  private static void run(Planning plan, PodView pod) {
    RuntimeState state = plan.snapshot().state();
    Optional<Sandbox> ready = state.ready();
    if (ready.isEmpty()) {
      withoutSandbox(plan, pod);
      return;
    }
    Sandbox sandbox = ready.get();
    Containers containers = new Containers(plan, pod, sandbox);
    containers.runEphemeral();
    switch (containers.initialize()) {
      case DONE -> containers.runAll();
      case WAITING -> {}
      case FAILED -> plan.verdict(Verdict.FAILED);
    }
    for (Sandbox other : state.sandboxes()) {
      if (!other.id().equals(sandbox.id())) {
        plan.add(new PodAction.RemoveSandbox(other.id()));
      }
    }
  }

  private static void withoutSandbox(Planning plan, PodView pod) {
    RuntimeState state = plan.snapshot().state();
    for (Sandbox old : state.sandboxes()) {
      if (!plan.snapshot().history().stoppedSandboxes().contains(old.id())) {
        plan.add(new PodAction.StopSandbox(old.id()));
      }
    }
    if (!plan.actions().isEmpty()) {
      return;
    }
    Optional<Verdict> end = Ending.withoutSandbox(plan.snapshot(), pod);
    if (end.isPresent()) {
      plan.verdict(end.get());
    } else if (!plan.blocked("")) {
      int newest = state.sandboxes().isEmpty() ? -1 : state.sandboxes().getFirst().attempt();
      int last = Math.max(newest, plan.snapshot().history().sandboxAttempt());
      plan.add(new PodAction.CreateSandbox(last + 1));
    } else {
      for (ContainerDef def : pod.every()) {
        plan.blocked(def.name()); // a container's own reason says more than the pod's
      }
    }
  }

  static boolean ready(Sandbox sandbox) {
    return sandbox.state() == SandboxState.READY;
  }

  static boolean ended(Container container) {
    return container.state() == ContainerState.EXITED;
  }
}
