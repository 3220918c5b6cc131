package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The kernel parameters that a pod may set: those that reach nobody but itself. Pure. */
final class Sysctls {
  private static final String IPC = "IPC";
  private static final String NET = "Net";

  /** Each with the namespace that it belongs to. */
  private static final Map<String, String> SAFE =
      Map.of(
          "kernel.shm_rmid_forced", IPC,
          "net.ipv4.ip_local_port_range", NET,
          "net.ipv4.ip_local_reserved_ports", NET,
          "net.ipv4.ip_unprivileged_port_start", NET,
          "net.ipv4.ping_group_range", NET,
          "net.ipv4.tcp_fin_timeout", NET,
          "net.ipv4.tcp_rmem", NET,
          "net.ipv4.tcp_syncookies", NET,
          "net.ipv4.tcp_wmem", NET);

  private static final String KEEPALIVE = "net.ipv4.tcp_keepalive_";

  private Sysctls() {}

  /** Values by dotted name; the API takes slashes, too. */
  static Map<String, String> of(PodView pod) {
    Map<String, String> values = new LinkedHashMap<>();
    for (JsonNode sysctl : pod.spec().path("securityContext").path("sysctls")) {
      values.put(dotted(sysctl.path("name").asText()), sysctl.path("value").asText());
    }
    return values;
  }

  /** Where slashes come first they part the name, and dots belong to its parts. */
  private static String dotted(String name) {
    int dot = name.indexOf('.');
    int slash = name.indexOf('/');
    if (slash < 0 || (dot >= 0 && dot < slash)) {
      return name;
    }
    StringBuilder swapped = new StringBuilder();
    name.chars().forEach(c -> swapped.append(c == '/' ? '.' : c == '.' ? '/' : (char) c));
    return swapped.toString();
  }

  /** Why the pod may not run, or empty. */
  static Optional<String> forbidden(PodView pod) {
    for (String name : of(pod).keySet()) {
      String namespace = namespace(name);
      boolean shared =
          namespace.equals(NET) ? pod.hostNetwork() : pod.spec().path("hostIPC").asBoolean();
      if (namespace.isEmpty()) {
        return Optional.of("forbidden sysctl: \"" + name + "\" not allowlisted");
      } else if (shared) {
        return Optional.of(
            "forbidden sysctl: \"" + name + "\" not allowed with host " + namespace + " enabled");
      }
    }
    return Optional.empty();
  }

  private static String namespace(String name) {
    return switch (name) {
      case KEEPALIVE + "time", KEEPALIVE + "intvl", KEEPALIVE + "probes" -> NET;
      default -> SAFE.getOrDefault(name, "");
    };
  }
}
