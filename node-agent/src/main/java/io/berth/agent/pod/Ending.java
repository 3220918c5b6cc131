package io.berth.agent.pod;

import io.berth.agent.runtime.RuntimeDriver.Container;
import java.util.List;
import java.util.Optional;

/** Whether a pod has come to its end. */
final class Ending {
  private static final int KILLED = 137;

  private Ending() {}

  /**
   * The end of a pod whose sandbox was lost, or empty where it needs a new one: for any container
   * that is to run again by its restart policy.
   */
  static Optional<Verdict> withoutSandbox(PodSnapshot snapshot, PodView pod) {
    boolean everRan =
        !snapshot.state().containers().isEmpty()
            || !snapshot.history().pastExits().isEmpty()
            || !snapshot.history().attempts().isEmpty();
    if (!everRan) {
      return Optional.empty();
    }
    boolean succeeded = true;
    for (ContainerDef def : pod.main()) {
      int code = exitCode(snapshot, def.name());
      if (pod.restarts(def, code)) {
        return Optional.empty();
      }
      succeeded &= code == 0;
    }
    return Optional.of(succeeded ? Verdict.SUCCEEDED : Verdict.FAILED);
  }

  /** What was lost with the sandbox, and what never came to run in it, counts as killed. */
  private static int exitCode(PodSnapshot snapshot, String name) {
    Optional<Container> latest = snapshot.state().latest(name);
    if (latest.isPresent()) {
      return PodDecider.ended(latest.get()) ? latest.get().exitCode() : KILLED;
    }
    return snapshot.history().pastExits().getOrDefault(name, KILLED);
  }

  /** The end of a pod whose containers have all ended for good. */
  static Verdict of(List<Container> ended) {
    boolean succeeded = ended.stream().allMatch(container -> container.exitCode() == 0);
    return succeeded ? Verdict.SUCCEEDED : Verdict.FAILED;
  }
}
