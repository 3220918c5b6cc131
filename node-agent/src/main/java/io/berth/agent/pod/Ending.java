package io.berth.agent.pod;

import io.berth.agent.runtime.RuntimeDriver.Container;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether a pod has come to its end. */
final class Ending {
  private Ending() {}

  /**
   * The end of a pod whose sandbox was lost, or empty where it needs a new one. With restart policy
   * Never what ran is not run again; with OnFailure only what has not succeeded yet.
   */
  static Optional<Verdict> withoutSandbox(PodSnapshot snapshot, PodView pod) {
    Map<String, Integer> past = snapshot.history().pastExits();
    boolean everRan =
        !snapshot.state().containers().isEmpty()
            || !past.isEmpty()
            || !snapshot.history().attempts().isEmpty();
    if (!everRan || pod.restartPolicy().equals("Always")) {
      return Optional.empty();
    }
    boolean succeeded =
        pod.main().stream()
            .allMatch(def -> Integer.valueOf(0).equals(exitCode(snapshot, def.name())));
    if (succeeded) {
      return Optional.of(Verdict.SUCCEEDED);
    }
    return pod.restartPolicy().equals("Never") ? Optional.of(Verdict.FAILED) : Optional.empty();
  }

  private static @Nullable Integer exitCode(PodSnapshot snapshot, String name) {
    Optional<Container> latest = snapshot.state().latest(name);
    if (latest.isPresent()) {
      return PodDecider.ended(latest.get()) ? latest.get().exitCode() : null;
    }
    return snapshot.history().pastExits().get(name);
  }

  /** The end of a pod whose containers have all ended for good. */
  static Verdict of(List<Container> ended) {
    boolean succeeded = ended.stream().allMatch(container -> container.exitCode() == 0);
    return succeeded ? Verdict.SUCCEEDED : Verdict.FAILED;
  }
}
