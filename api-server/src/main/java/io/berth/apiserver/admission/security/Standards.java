package io.berth.apiserver.admission.security;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The checks of each level and version. Messages name what breaks a rule of {@code baseline} first,
 * each level's rules in the order of their names. Pure.
 */
final class Standards {
  private interface Check extends Function<PodView, @Nullable Violation> {}

  /** A check that holds from a minor version until before another. */
  private record Versioned(String name, int since, int until, Check check) {
    boolean at(int minor) {
      return since <= minor && minor < until;
    }
  }

  private static final int EVER = Integer.MAX_VALUE;

  private static final List<Versioned> BASELINE =
      List.of(
          since("appArmorProfile", 0, BaselineChecks::appArmor),
          since("capabilities", 0, BaselineChecks::capabilities),
          since("hostNamespaces", 0, BaselineChecks::hostNamespaces),
          since("hostPathVolumes", 0, BaselineChecks::hostPaths),
          since("hostPorts", 0, BaselineChecks::hostPorts),
          since("hostProbesAndHostLifecycle", 34, BaselineChecks::hostProbes),
          since("privileged", 0, BaselineChecks::privileged),
          new Versioned("procMount", 0, 35, BaselineChecks::procMount),
          since("procMount", 35, BaselineChecks::procMountOutsideUserNamespace),
          since("seLinuxOptions", 0, BaselineChecks::seLinux),
          new Versioned("seccompProfile", 0, 19, BaselineChecks::seccompAnnotations),
          since("seccompProfile", 19, BaselineChecks::seccomp),
          since("sysctls", 0, BaselineChecks::sysctls),
          since("windowsHostProcess", 0, BaselineChecks::hostProcess));

  /** One of the same name as one of baseline's takes its place. */
  private static final List<Versioned> RESTRICTED =
      List.of(
          since("allowPrivilegeEscalation", 8, RestrictedChecks::escalation),
          since("capabilities", 22, RestrictedChecks::capabilities),
          since("procMount", 35, BaselineChecks::procMount),
          since("hostPathVolumes", 0, RestrictedChecks::volumes),
          new Versioned("runAsNonRoot", 0, 35, RestrictedChecks::nonRoot),
          since("runAsNonRoot", 35, RestrictedChecks::nonRootOutsideUserNamespace),
          new Versioned("runAsUser", 23, 35, RestrictedChecks::user),
          since("runAsUser", 35, RestrictedChecks::userOutsideUserNamespace),
          since("seccompProfile", 19, RestrictedChecks::seccomp));

  private Standards() {}

  private static Versioned since(String name, int minor, Check check) {
    return new Versioned(name, minor, EVER, check);
  }

  /** What of a pod is not allowed, empty where all is. */
  static List<Violation> violations(Standard standard, JsonNode metadata, JsonNode spec) {
    int minor = Math.min(standard.minor(), EVER - 1);
    PodView pod = new PodView(metadata, spec, minor);
    return checks(standard.level(), minor)
        .flatMap(check -> Stream.ofNullable(check.check().apply(pod)))
        .toList();
  }

  private static Stream<Versioned> checks(Level level, int minor) {
    Stream<Versioned> baseline = BASELINE.stream().filter(check -> check.at(minor));
    return switch (level) {
      case PRIVILEGED -> Stream.empty();
      case BASELINE -> baseline;
      case RESTRICTED -> {
        List<Versioned> own = RESTRICTED.stream().filter(check -> check.at(minor)).toList();
        Set<String> names = own.stream().map(Versioned::name).collect(Collectors.toSet());
        yield Stream.concat(baseline.filter(check -> !names.contains(check.name())), own.stream());
      }
    };
  }
}
