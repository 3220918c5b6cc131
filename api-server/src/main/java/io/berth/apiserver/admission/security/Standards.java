package io.berth.apiserver.admission.security;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The checks of each level, in the order in which messages name them. Pure. */
final class Standards {
  private interface Check extends Function<PodView, @Nullable Violation> {}

  private static final List<Check> BASELINE =
      List.of(
          BaselineChecks::appArmor,
          BaselineChecks::capabilities,
          BaselineChecks::hostNamespaces,
          BaselineChecks::hostPaths,
          BaselineChecks::hostPorts,
          BaselineChecks::hostProbes,
          BaselineChecks::privileged,
          BaselineChecks::procMount,
          BaselineChecks::seLinux,
          BaselineChecks::seccomp,
          BaselineChecks::sysctls,
          BaselineChecks::hostProcess);

  private static final List<Check> RESTRICTED =
      List.of(
          RestrictedChecks::escalation,
          BaselineChecks::appArmor,
          RestrictedChecks::capabilities,
          BaselineChecks::hostNamespaces,
          BaselineChecks::hostPorts,
          BaselineChecks::hostProbes,
          BaselineChecks::privileged,
          BaselineChecks::procMount,
          RestrictedChecks::volumes,
          RestrictedChecks::nonRoot,
          RestrictedChecks::user,
          BaselineChecks::seLinux,
          RestrictedChecks::seccomp,
          BaselineChecks::sysctls,
          BaselineChecks::hostProcess);

  private Standards() {}

  /** What of a pod a level does not allow, empty where it is allowed. */
  static String violations(Level level, JsonNode metadata, JsonNode spec) {
    PodView pod = new PodView(metadata, spec);
    List<Check> checks =
        switch (level) {
          case PRIVILEGED -> List.of();
          case BASELINE -> BASELINE;
          case RESTRICTED -> RESTRICTED;
        };
    return checks.stream()
        .map(check -> check.apply(pod))
        .filter(Objects::nonNull)
        .map(String::valueOf)
        .collect(Collectors.joining(", "));
  }
}
