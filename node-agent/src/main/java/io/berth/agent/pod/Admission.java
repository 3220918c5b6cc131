package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.network.HostPort;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriver.Feature;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Whether a pod that was bound to the node may run on it, asked once before anything of it runs. A
 * pod that may not fails for good. Safe for use by many threads.
 */
final class Admission {
  /** Those that may run, by uid, until they are gone. */
  private final Map<String, Set<HostPort>> admitted = new HashMap<>();

  /** The pod's end where it may not run; else it counts as one that does. */
  synchronized Optional<Verdict> admit(PodView pod, RuntimeDriver driver) {
    Optional<Verdict> refused =
        Sysctls.forbidden(pod)
            .map(why -> Verdict.rejected("SysctlForbidden", why))
            .or(() -> profiles(pod, driver))
            .or(() -> groups(pod, driver))
            .or(() -> ports(pod));
    if (refused.isEmpty()) {
      running(pod);
    }
    return refused;
  }

  /** The pod runs already. */
  synchronized void running(PodView pod) {
    admitted.put(pod.id().uid(), pod.hostPorts());
  }

  /** The pod has come to its end. */
  synchronized void over(String uid) {
    admitted.remove(uid);
  }

  private static Optional<Verdict> profiles(PodView pod, RuntimeDriver driver) {
    boolean wanted = wantsAppArmor(pod.spec());
    for (ContainerDef def : pod.all()) {
      wanted |= wantsAppArmor(def.json());
    }
    return wanted && !driver.features().contains(Feature.APP_ARMOR)
        ? Optional.of(
            Verdict.rejected(
                "AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host"))
        : Optional.empty();
  }

  private static boolean wantsAppArmor(JsonNode spec) {
    String type = spec.path("securityContext").path("appArmorProfile").path("type").asText();
    return !type.isEmpty() && !type.equals("Unconfined");
  }

  private static Optional<Verdict> groups(PodView pod, RuntimeDriver driver) {
    JsonNode policy = pod.spec().path("securityContext").path("supplementalGroupsPolicy");
    return policy.asText().equals("Strict") && !driver.features().contains(Feature.STRICT_GROUPS)
        ? Optional.of(
            Verdict.rejected(
                "SupplementalGroupsPolicyNotSupported",
                "SupplementalGroupsPolicy=Strict is not supported in this node"))
        : Optional.empty();
  }

  private Optional<Verdict> ports(PodView pod) {
    for (HostPort wanted : pod.hostPorts()) {
      for (Set<HostPort> taken : admitted.values()) {
        if (taken.stream().anyMatch(wanted::conflicts)) {
          return Optional.of(
              Verdict.rejected(
                  "NodePorts",
                  "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod"
                      + " ports"));
        }
      }
    }
    return Optional.empty();
  }
}
