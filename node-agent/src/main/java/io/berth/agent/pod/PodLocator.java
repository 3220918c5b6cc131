package io.berth.agent.pod;

import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import java.nio.file.Path;
import java.util.Optional;

/** Finds containers and logs by the names that users give. Safe for use by many threads. */
public final class PodLocator {
  /** A container that runs. */
  public record Running(RuntimeDriver driver, Container container) {}

  /** A pod whose sandbox is up. */
  public record Sandboxed(RuntimeDriver driver, String sandboxId, PodId pod) {}

  /**
   * A container's log.
   *
   * @param file in the CRI log format, rotated ones beside it
   */
  public record Log(PodId pod, String container, int attempt, Path file) {}

  /** There is no such thing; the message is for users. */
  public static final class NotFoundException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;

    NotFoundException(int status, String message) {
      super(message);
      this.status = status;
    }

    /** The HTTP status that says it. */
    public int status() {
      return status;
    }
  }

  private final PodWorkers workers;
  private final RuntimeView view;
  private final PodPaths paths;

  public PodLocator(PodWorkers workers, RuntimeView view, PodPaths paths) {
    this.workers = workers;
    this.view = view;
    this.paths = paths;
  }

  private PodView pod(String namespace, String name) {
    return workers
        .find(namespace, name)
        .orElseThrow(() -> new NotFoundException(404, "pods \"" + name + "\" not found"));
  }

  /**
   * @throws NotFoundException there is none, or it does not run
   */
  public Running running(String namespace, String name, String container) {
    PodView pod = pod(namespace, name);
    RuntimeView.Observed observed = observed(pod);
    RuntimeDriver driver = observed.driver();
    Optional<Container> found =
        observed.state().latest(container).filter(c -> c.state() == ContainerState.RUNNING);
    if (driver == null || found.isEmpty()) {
      throw new NotFoundException(404, "container not found (\"" + container + "\")");
    }
    return new Running(driver, found.get());
  }

  /**
   * @throws NotFoundException there is none, or it has no sandbox that is up
   */
  public Sandboxed sandbox(String namespace, String name) {
    PodView pod = pod(namespace, name);
    RuntimeView.Observed observed = observed(pod);
    RuntimeDriver driver = observed.driver();
    Optional<RuntimeDriver.Sandbox> found = observed.state().ready();
    if (driver == null || found.isEmpty()) {
      throw new NotFoundException(404, "pod \"" + name + "\" is not running");
    }
    return new Sandboxed(driver, found.get().id(), pod.id());
  }

  private RuntimeView.Observed observed(PodView pod) {
    return view.fresh(pod.id().uid())
        .pods()
        .getOrDefault(pod.id().uid(), RuntimeView.Observed.NOTHING);
  }

  /**
   * @param previous the log of the container's run before the last
   * @throws NotFoundException it has none yet
   */
  public Log log(String namespace, String name, String container, boolean previous) {
    PodView pod = pod(namespace, name);
    if (pod.container(container).isEmpty()) {
      throw new NotFoundException(400, "container " + container + " is not valid for pod " + name);
    }
    Optional<Container> latest = observed(pod).state().latest(container);
    int attempt = latest.map(Container::attempt).orElse(-1) - (previous ? 1 : 0);
    Path file = paths.log(pod.id(), container, Math.max(0, attempt));
    boolean there = file.toFile().exists();
    if (previous && (attempt < 0 || !there)) {
      throw new NotFoundException(
          400,
          "previous terminated container \"" + container + "\" in pod \"" + name + "\" not found");
    }
    boolean begun = latest.isPresent() && latest.get().state() != ContainerState.CREATED;
    if (!begun && !there) {
      String reason = waitingReason(pod, container);
      throw new NotFoundException(
          400,
          "container \"" + container + "\" in pod \"" + name + "\" is waiting to start: " + reason);
    }
    return new Log(pod.id(), container, Math.max(0, attempt), file);
  }

  private static String waitingReason(PodView pod, String container) {
    for (ContainerDef.Kind kind : ContainerDef.Kind.values()) {
      for (var status : pod.status().path(kind.statuses())) {
        String reason = status.path("state").path("waiting").path("reason").asText();
        if (status.path("name").asText().equals(container) && !reason.isEmpty()) {
          return reason;
        }
      }
    }
    return "ContainerCreating";
  }

  /** Whether more may come into a log. */
  public boolean writing(Log log) {
    RuntimeView.Observed observed = view.last().pods().get(log.pod().uid());
    return observed != null
        && observed.state().containers().stream()
            .anyMatch(
                c ->
                    c.name().equals(log.container())
                        && c.attempt() == log.attempt()
                        && c.state() != ContainerState.EXITED);
  }
}
