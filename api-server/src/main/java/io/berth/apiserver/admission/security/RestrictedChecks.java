package io.berth.apiserver.admission.security;

import static io.berth.apiserver.admission.security.Violation.containers;
import static io.berth.apiserver.admission.security.Violation.plural;
import static io.berth.apiserver.admission.security.Violation.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the level {@code restricted} demands beyond {@code baseline}. Pure. */
final class RestrictedChecks {
  private static final Set<String> VOLUMES =
      Set.of(
          "configMap",
          "csi",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "image",
          "persistentVolumeClaim",
          "projected",
          "secret");
  private static final Set<String> CONFINED = Set.of("RuntimeDefault", "Localhost");

  private RestrictedChecks() {}

  static @Nullable Violation escalation(PodView pod) {
    if (pod.windows()) {
      return null;
    }
    List<String> bad =
        pod.containers(
            c -> {
              JsonNode allowed = PodView.security(c).path("allowPrivilegeEscalation");
              return !allowed.isBoolean() || allowed.asBoolean();
            });
    return bad.isEmpty()
        ? null
        : new Violation(
            "allowPrivilegeEscalation != false",
            containers(bad) + " must set securityContext.allowPrivilegeEscalation=false");
  }

  static @Nullable Violation capabilities(PodView pod) {
    if (pod.windows()) {
      return null;
    }
    List<String> keep = pod.containers(c -> !dropsAll(c));
    Set<String> added = new TreeSet<>();
    List<String> more =
        pod.containers(
            container -> {
              boolean any = false;
              for (JsonNode name : PodView.security(container).path("capabilities").path("add")) {
                if (!name.asText("").equals("NET_BIND_SERVICE")) {
                  added.add(name.asText(""));
                  any = true;
                }
              }
              return any;
            });
    List<String> details = new ArrayList<>();
    if (!keep.isEmpty()) {
      details.add(containers(keep) + " must set securityContext.capabilities.drop=[\"ALL\"]");
    }
    if (!more.isEmpty()) {
      details.add(
          containers(more)
              + " must not include "
              + quoted(List.copyOf(added))
              + " in securityContext.capabilities.add");
    }
    return details.isEmpty()
        ? null
        : new Violation("unrestricted capabilities", String.join("; ", details));
  }

  private static boolean dropsAll(JsonNode container) {
    for (JsonNode name : PodView.security(container).path("capabilities").path("drop")) {
      if (name.asText("").equals("ALL")) {
        return true;
      }
    }
    return false;
  }

  static @Nullable Violation volumes(PodView pod) {
    List<String> names = new ArrayList<>();
    Set<String> types = new TreeSet<>();
    for (JsonNode volume : pod.spec().path("volumes")) {
      for (var field : volume.properties()) {
        if (!field.getKey().equals("name") && !VOLUMES.contains(field.getKey())) {
          names.add(volume.path("name").asText(""));
          types.add(field.getKey());
        }
      }
    }
    if (names.isEmpty()) {
      return null;
    }
    List<String> kinds = List.copyOf(types);
    return new Violation(
        "restricted volume types",
        plural("volume", names)
            + " "
            + quoted(names)
            + (names.size() == 1
                ? " uses restricted volume type "
                : " use restricted volume types ")
            + quoted(kinds));
  }

  /** Since 1.35: root in a user namespace of the pod's own is nobody on the node. */
  static @Nullable Violation nonRootOutsideUserNamespace(PodView pod) {
    return pod.inUserNamespace() ? null : nonRoot(pod);
  }

  static @Nullable Violation nonRoot(PodView pod) {
    JsonNode ofPod = pod.security().path("runAsNonRoot");
    List<String> explicit =
        pod.containers(
            c -> {
              JsonNode own = PodView.security(c).path("runAsNonRoot");
              return own.isBoolean() && !own.asBoolean();
            });
    if (!explicit.isEmpty()) {
      return new Violation(
          "runAsNonRoot != true",
          containers(explicit) + " must not set securityContext.runAsNonRoot=false");
    }
    if (ofPod.isBoolean() && ofPod.asBoolean()) {
      return null;
    }
    List<String> implicit =
        pod.containers(c -> !PodView.security(c).path("runAsNonRoot").isBoolean());
    if (ofPod.isBoolean() && implicit.isEmpty()) {
      return null;
    }
    if (ofPod.isBoolean()) {
      return new Violation(
          "runAsNonRoot != true", "pod must not set securityContext.runAsNonRoot=false");
    }
    return implicit.isEmpty()
        ? null
        : new Violation(
            "runAsNonRoot != true",
            "pod or " + containers(implicit) + " must set securityContext.runAsNonRoot=true");
  }

  /** Since 1.35. */
  static @Nullable Violation userOutsideUserNamespace(PodView pod) {
    return pod.inUserNamespace() ? null : user(pod);
  }

  static @Nullable Violation user(PodView pod) {
    List<String> setters = new ArrayList<>();
    if (root(pod.security())) {
      setters.add("pod");
    }
    List<String> bad = pod.containers(c -> root(PodView.security(c)));
    if (!bad.isEmpty()) {
      setters.add(containers(bad));
    }
    return setters.isEmpty()
        ? null
        : new Violation("runAsUser=0", String.join(" and ", setters) + " must not set runAsUser=0");
  }

  private static boolean root(JsonNode security) {
    return security.path("runAsUser").isNumber() && security.path("runAsUser").asLong() == 0;
  }

  static @Nullable Violation seccomp(PodView pod) {
    if (pod.windows()) {
      return null;
    }
    String ofPod = pod.security().path("seccompProfile").path("type").asText("");
    boolean podConfined = CONFINED.contains(ofPod);
    List<String> setters = new ArrayList<>();
    if (!ofPod.isEmpty() && !podConfined) {
      setters.add("pod");
    }
    List<String> explicit = pod.containers(c -> !type(c).isEmpty() && !CONFINED.contains(type(c)));
    if (!explicit.isEmpty()) {
      setters.add(containers(explicit));
    }
    if (!setters.isEmpty()) {
      return new Violation(
          "seccompProfile",
          String.join(" and ", setters)
              + " must not set securityContext.seccompProfile.type to \"Unconfined\"");
    }
    List<String> implicit = pod.containers(c -> type(c).isEmpty());
    return podConfined || implicit.isEmpty()
        ? null
        : new Violation(
            "seccompProfile",
            "pod or "
                + containers(implicit)
                + " must set securityContext.seccompProfile.type to \"RuntimeDefault\" or"
                + " \"Localhost\"");
  }

  private static String type(JsonNode container) {
    return PodView.security(container).path("seccompProfile").path("type").asText("");
  }
}
