package io.berth.agent.pod;

import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriver.SandboxState;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a runtime has of one pod.
 *
 * @param sandboxes the newest first
 * @param containers by name, the newest first
 */
public record RuntimeState(List<Sandbox> sandboxes, List<Container> containers) {
  public static final RuntimeState NONE = new RuntimeState(List.of(), List.of());

  public RuntimeState {
    sandboxes =
        sandboxes.stream()
            .sorted(Comparator.comparingInt(Sandbox::attempt).reversed().thenComparing(Sandbox::id))
            .toList();
    containers =
        containers.stream()
            .sorted(
                Comparator.comparing(Container::name)
                    .thenComparing(Comparator.comparingInt(Container::attempt).reversed())
                    .thenComparing(Container::id))
            .toList();
  }

  public Optional<Sandbox> ready() {
    return sandboxes.stream().filter(s -> s.state() == SandboxState.READY).findFirst();
  }

  public boolean isEmpty() {
    return sandboxes.isEmpty() && containers.isEmpty();
  }

  /** The newest container of that name, in whatever sandbox. */
  public Optional<Container> latest(String name) {
    return containers.stream().filter(c -> c.name().equals(name)).findFirst();
  }

  public Optional<Container> latestIn(String sandboxId, String name) {
    return containers.stream()
        .filter(c -> c.name().equals(name) && c.sandboxId().equals(sandboxId))
        .findFirst();
  }

  /** Containers that have a process, as far as is known. */
  public List<Container> alive() {
    return containers.stream().filter(RuntimeState::isAlive).toList();
  }

  public static boolean isAlive(Container container) {
    return container.state() == ContainerState.RUNNING
        || container.state() == ContainerState.UNKNOWN;
  }
}
