package io.berth.apiserver.admission.security;

import static io.berth.apiserver.admission.security.Violation.containers;
import static io.berth.apiserver.admission.security.Violation.plural;
import static io.berth.apiserver.admission.security.Violation.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the level {@code baseline} forbids: the known ways from a container to its node. Pure. */
final class BaselineChecks {
  private static final Set<String> CAPABILITIES =
      Set.of(
          "AUDIT_WRITE",
          "CHOWN",
          "DAC_OVERRIDE",
          "FOWNER",
          "FSETID",
          "KILL",
          "MKNOD",
          "NET_BIND_SERVICE",
          "SETFCAP",
          "SETGID",
          "SETPCAP",
          "SETUID",
          "SYS_CHROOT");

  /** Types of SELinux, and the minor version since when each is harmless. */
  private static final Map<String, Integer> SELINUX_TYPES =
      Map.of(
          "",
          0,
          "container_t",
          0,
          "container_init_t",
          0,
          "container_kvm_t",
          0,
          "container_engine_t",
          31);

  /** Sysctls, and the minor version since when each is harmless. */
  private static final Map<String, Integer> SYSCTLS =
      Map.ofEntries(
          Map.entry("kernel.shm_rmid_forced", 0),
          Map.entry("net.ipv4.ip_local_port_range", 0),
          Map.entry("net.ipv4.ip_unprivileged_port_start", 0),
          Map.entry("net.ipv4.ping_group_range", 0),
          Map.entry("net.ipv4.tcp_syncookies", 0),
          Map.entry("net.ipv4.ip_local_reserved_ports", 27),
          Map.entry("net.ipv4.tcp_fin_timeout", 29),
          Map.entry("net.ipv4.tcp_keepalive_intvl", 29),
          Map.entry("net.ipv4.tcp_keepalive_probes", 29),
          Map.entry("net.ipv4.tcp_keepalive_time", 29),
          Map.entry("net.ipv4.tcp_rmem", 32),
          Map.entry("net.ipv4.tcp_wmem", 32));

  private static final String SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
  private static final String SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";
  private static final String APPARMOR = "container.apparmor.security.beta.kubernetes.io/";

  private BaselineChecks() {}

  static @Nullable Violation appArmor(PodView pod) {
    List<String> forbidden = new ArrayList<>();
    if (unconfined(pod.security().path("appArmorProfile"))) {
      forbidden.add("pod");
    }
    List<String> bad = pod.containers(c -> unconfined(PodView.security(c).path("appArmorProfile")));
    if (!bad.isEmpty()) {
      forbidden.add(containers(bad));
    }
    List<String> parts = new ArrayList<>();
    if (!forbidden.isEmpty()) {
      parts.add(
          String.join(" and ", forbidden)
              + " must not set securityContext.appArmorProfile.type to \"Unconfined\"");
    }
    for (var annotation : pod.metadata().path("annotations").properties()) {
      String value = annotation.getValue().asText("");
      if (annotation.getKey().startsWith(APPARMOR)
          && !value.isEmpty()
          && !value.equals("runtime/default")
          && !value.startsWith("localhost/")) {
        parts.add("annotation " + quoted(List.of(annotation.getKey() + "=" + value)));
      }
    }
    return parts.isEmpty()
        ? null
        : new Violation(plural("forbidden AppArmor profile", parts), String.join(", ", parts));
  }

  private static boolean unconfined(JsonNode profile) {
    return profile.path("type").asText("").equals("Unconfined");
  }

  static @Nullable Violation capabilities(PodView pod) {
    Set<String> added = new TreeSet<>();
    List<String> bad =
        pod.containers(
            container -> {
              boolean any = false;
              for (JsonNode name : PodView.security(container).path("capabilities").path("add")) {
                if (!CAPABILITIES.contains(name.asText(""))) {
                  added.add(name.asText(""));
                  any = true;
                }
              }
              return any;
            });
    return bad.isEmpty()
        ? null
        : new Violation(
            "non-default capabilities",
            containers(bad)
                + " must not include "
                + quoted(List.copyOf(added))
                + " in securityContext.capabilities.add");
  }

  static @Nullable Violation hostNamespaces(PodView pod) {
    List<String> shared =
        List.of("hostNetwork", "hostPID", "hostIPC").stream()
            .filter(field -> pod.spec().path(field).asBoolean())
            .map(field -> field + "=true")
            .toList();
    return shared.isEmpty() ? null : new Violation("host namespaces", String.join(", ", shared));
  }

  static @Nullable Violation hostPaths(PodView pod) {
    List<String> names = new ArrayList<>();
    for (JsonNode volume : pod.spec().path("volumes")) {
      if (volume.hasNonNull("hostPath")) {
        names.add(volume.path("name").asText(""));
      }
    }
    return names.isEmpty()
        ? null
        : new Violation("hostPath volumes", plural("volume", names) + " " + quoted(names));
  }

  static @Nullable Violation hostPorts(PodView pod) {
    Set<Integer> ports = new TreeSet<>();
    List<String> bad =
        pod.containers(
            container -> {
              boolean any = false;
              for (JsonNode port : container.path("ports")) {
                if (port.path("hostPort").asInt(0) != 0) {
                  ports.add(port.path("hostPort").asInt());
                  any = true;
                }
              }
              return any;
            });
    if (bad.isEmpty()) {
      return null;
    }
    List<String> numbers = ports.stream().map(String::valueOf).toList();
    return new Violation(
        "hostPort",
        containers(bad)
            + (bad.size() == 1 ? " uses " : " use ")
            + plural("hostPort", numbers)
            + " "
            + String.join(", ", numbers));
  }

  static @Nullable Violation hostProbes(PodView pod) {
    Set<String> hosts = new TreeSet<>();
    List<String> bad =
        pod.containers(
            container -> {
              Set<String> own = hosts(container);
              hosts.addAll(own);
              return !own.isEmpty();
            });
    if (bad.isEmpty()) {
      return null;
    }
    List<String> names = List.copyOf(new TreeSet<>(bad));
    String what = "probe or lifecycle host";
    return new Violation(
        what,
        containers(names)
            + (names.size() == 1 ? " uses " : " use ")
            + plural(what, List.copyOf(hosts))
            + " "
            + quoted(List.copyOf(hosts)));
  }

  /** The hosts that a container's probes and hooks name. */
  private static Set<String> hosts(JsonNode container) {
    Set<String> hosts = new TreeSet<>();
    for (JsonNode handler :
        List.of(
            container.path("livenessProbe"),
            container.path("readinessProbe"),
            container.path("startupProbe"),
            container.path("lifecycle").path("postStart"),
            container.path("lifecycle").path("preStop"))) {
      hosts.add(handler.path("httpGet").path("host").asText(""));
      hosts.add(handler.path("tcpSocket").path("host").asText(""));
    }
    hosts.remove("");
    return hosts;
  }

  static @Nullable Violation privileged(PodView pod) {
    List<String> bad = pod.containers(c -> PodView.security(c).path("privileged").asBoolean());
    return bad.isEmpty()
        ? null
        : new Violation(
            "privileged", containers(bad) + " must not set securityContext.privileged=true");
  }

  /** Since 1.35: a pod in a user namespace of its own may unmask what it likes. */
  static @Nullable Violation procMountOutsideUserNamespace(PodView pod) {
    return pod.inUserNamespace() ? null : procMount(pod);
  }

  static @Nullable Violation procMount(PodView pod) {
    Set<String> mounts = new TreeSet<>();
    List<String> bad =
        pod.containers(
            c -> {
              String mount = PodView.security(c).path("procMount").asText("");
              boolean masked = mount.isEmpty() || mount.equals("Default");
              if (!masked) {
                mounts.add(mount);
              }
              return !masked;
            });
    return bad.isEmpty()
        ? null
        : new Violation(
            "procMount",
            containers(bad)
                + " must not set securityContext.procMount to "
                + quoted(List.copyOf(mounts)));
  }

  static @Nullable Violation seLinux(PodView pod) {
    List<String> setters = new ArrayList<>();
    List<String> details = new ArrayList<>();
    Set<String> types = new TreeSet<>();
    boolean user = false;
    boolean role = false;
    JsonNode ofPod = pod.security().path("seLinuxOptions");
    if (forbidden(ofPod, pod.minor())) {
      setters.add("pod");
    }
    List<String> bad =
        pod.containers(c -> forbidden(PodView.security(c).path("seLinuxOptions"), pod.minor()));
    if (!bad.isEmpty()) {
      setters.add(containers(bad));
    }
    if (setters.isEmpty()) {
      return null;
    }
    List<JsonNode> all = new ArrayList<>(List.of(ofPod));
    pod.containers().forEach(c -> all.add(PodView.security(c).path("seLinuxOptions")));
    for (JsonNode options : all) {
      String type = options.path("type").asText("");
      if (!since(SELINUX_TYPES, type, pod.minor())) {
        types.add(type);
      }
      user |= !options.path("user").asText("").isEmpty();
      role |= !options.path("role").asText("").isEmpty();
    }
    if (!types.isEmpty()) {
      List<String> names = List.copyOf(types);
      details.add(plural("type", names) + " " + quoted(names));
    }
    if (user) {
      details.add("user may not be set");
    }
    if (role) {
      details.add("role may not be set");
    }
    return new Violation(
        "seLinuxOptions",
        String.join(" and ", setters)
            + " set forbidden securityContext.seLinuxOptions: "
            + String.join("; ", details));
  }

  private static boolean forbidden(JsonNode options, int minor) {
    return !since(SELINUX_TYPES, options.path("type").asText(""), minor)
        || !options.path("user").asText("").isEmpty()
        || !options.path("role").asText("").isEmpty();
  }

  static @Nullable Violation seccomp(PodView pod) {
    List<String> setters = new ArrayList<>();
    if (unconfined(pod.security().path("seccompProfile"))) {
      setters.add("pod");
    }
    List<String> bad = pod.containers(c -> unconfined(PodView.security(c).path("seccompProfile")));
    if (!bad.isEmpty()) {
      setters.add(containers(bad));
    }
    return setters.isEmpty()
        ? null
        : new Violation(
            "seccompProfile",
            String.join(" and ", setters)
                + " must not set securityContext.seccompProfile.type to \"Unconfined\"");
  }

  /** Before 1.19 profiles were annotations. */
  static @Nullable Violation seccompAnnotations(PodView pod) {
    JsonNode annotations = pod.metadata().path("annotations");
    Set<String> forbidden = new TreeSet<>();
    List<String> keys = new ArrayList<>(List.of(SECCOMP_POD));
    pod.containers().forEach(c -> keys.add(SECCOMP_CONTAINER + c.path("name").asText("")));
    for (String key : keys) {
      String profile = annotations.path(key).asText("");
      if (annotations.has(key)
          && !profile.equals("runtime/default")
          && !profile.equals("docker/default")
          && !profile.startsWith("localhost/")) {
        forbidden.add(key + "=" + Text.quote(profile));
      }
    }
    List<String> all = List.copyOf(forbidden);
    return all.isEmpty()
        ? null
        : new Violation(
            "seccompProfile",
            "forbidden " + plural("annotation", all) + " " + String.join(", ", all));
  }

  static @Nullable Violation sysctls(PodView pod) {
    List<String> bad = new ArrayList<>();
    for (JsonNode sysctl : pod.security().path("sysctls")) {
      if (!since(SYSCTLS, sysctl.path("name").asText(""), pod.minor())) {
        bad.add(sysctl.path("name").asText(""));
      }
    }
    return bad.isEmpty() ? null : new Violation("forbidden sysctls", String.join(", ", bad));
  }

  static @Nullable Violation hostProcess(PodView pod) {
    List<String> setters = new ArrayList<>();
    if (onHost(pod.security())) {
      setters.add("pod");
    }
    List<String> bad = pod.containers(c -> onHost(PodView.security(c)));
    if (!bad.isEmpty()) {
      setters.add(containers(bad));
    }
    return setters.isEmpty()
        ? null
        : new Violation(
            "hostProcess",
            String.join(" and ", setters)
                + " must not set securityContext.windowsOptions.hostProcess=true");
  }

  private static boolean since(Map<String, Integer> versions, String name, int minor) {
    Integer first = versions.get(name);
    return first != null && first <= minor;
  }

  private static boolean onHost(JsonNode security) {
    return security.path("windowsOptions").path("hostProcess").asBoolean();
  }
}
