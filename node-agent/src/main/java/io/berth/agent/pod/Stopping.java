package io.berth.agent.pod;

import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Ends all that a pod runs: containers, then sidecars from the last to the first, the sandbox. */
final class Stopping {
  /** How much later than its grace period a container may end before it is stopped anew. */
  private static final Duration SLACK = Duration.ofSeconds(10);

  private Stopping() {}

  /** Whether nothing runs any more. */
  static boolean stop(Planning plan, Duration grace) {
    RuntimeState state = plan.snapshot().state();
    List<Container> alive = state.alive();
    if (!alive.isEmpty()) {
      List<Container> others = alive.stream().filter(c -> !isSidecar(plan, c)).toList();
      if (others.isEmpty()) {
        stop(plan, lastSidecar(plan, alive), grace);
      } else {
        others.forEach(container -> stop(plan, container, grace));
      }
      return false;
    }
    for (Sandbox sandbox : state.sandboxes()) {
      boolean inOrder = plan.snapshot().history().stoppedSandboxes().contains(sandbox.id());
      if (PodDecider.ready(sandbox) || !inOrder) {
        plan.add(new PodAction.StopSandbox(sandbox.id()));
      }
    }
    return plan.actions().isEmpty();
  }

  private static void stop(Planning plan, Container container, Duration grace) {
    stop(plan, container, grace, "Stopping container " + container.name());
  }

  /** Stops a container, unless it is being stopped as soon as that already. */
  static void stop(Planning plan, Container container, Duration grace, String message) {
    long now = plan.snapshot().nowNanos();
    Long until = plan.snapshot().history().stops().get(container.id());
    long wanted = now + grace.toNanos();
    if (until != null) {
      boolean soonEnough = until - wanted <= Duration.ofSeconds(1).toNanos();
      long overdue = until + SLACK.toNanos();
      if (soonEnough && now - overdue < 0) {
        plan.wake(Duration.ofNanos(overdue - now));
        return;
      }
    }
    plan.add(new PodAction.StopContainer(container.id(), container.name(), grace, message));
  }

  private static boolean isSidecar(Planning plan, Container container) {
    PodView pod = plan.snapshot().pod();
    return pod != null && pod.container(container.name()).map(ContainerDef::sidecar).orElse(false);
  }

  private static Container lastSidecar(Planning plan, List<Container> alive) {
    PodView pod = plan.snapshot().pod();
    if (pod != null) {
      for (ContainerDef def : pod.init().reversed()) {
        Optional<Container> found =
            alive.stream().filter(c -> c.name().equals(def.name())).findFirst();
        if (found.isPresent()) {
          return found.get();
        }
      }
    }
    return alive.getLast();
  }
}
