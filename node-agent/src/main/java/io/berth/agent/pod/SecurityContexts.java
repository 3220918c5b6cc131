package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.RuntimeDriver.Profile;
import io.berth.agent.runtime.RuntimeDriver.Security;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A container's security context over its pod's. Pure. */
final class SecurityContexts {
  private SecurityContexts() {}

  /**
   * @param profiles where the files of seccomp profiles lie
   */
  static Security of(JsonNode podSpec, JsonNode container, Path profiles) {
    JsonNode pod = podSpec.path("securityContext");
    JsonNode own = container.path("securityContext");
    List<Long> groups = new ArrayList<>();
    pod.path("supplementalGroups").forEach(group -> groups.add(group.asLong()));
    if (pod.path("fsGroup").isNumber()) {
      groups.add(pod.path("fsGroup").asLong());
    }
    return new Security(
        number(own, pod, "runAsUser"),
        number(own, pod, "runAsGroup"),
        groups,
        own.path("privileged").asBoolean(),
        own.path("readOnlyRootFilesystem").asBoolean(),
        own.path("allowPrivilegeEscalation").asBoolean(true),
        texts(own.path("capabilities").path("add")),
        texts(own.path("capabilities").path("drop")),
        pod.path("supplementalGroupsPolicy").asText().equals("Strict"),
        seccomp(profile(own, pod, "seccompProfile"), profiles),
        appArmor(profile(own, pod, "appArmorProfile")));
  }

  private static JsonNode profile(JsonNode own, JsonNode pod, String field) {
    return own.path(field).isObject() ? own.path(field) : pod.path(field);
  }

  /** Without one, all system calls are let through. */
  private static Profile seccomp(JsonNode profile, Path profiles) {
    return switch (profile.path("type").asText()) {
      case "RuntimeDefault" -> Profile.DEFAULT;
      case "Localhost" ->
          new Profile.Local(profiles.resolve(profile.path("localhostProfile").asText()).toString());
      default -> Profile.NONE;
    };
  }

  /** Without one, the runtime's own holds wherever the machine has AppArmor. */
  private static Profile appArmor(JsonNode profile) {
    return switch (profile.path("type").asText()) {
      case "Unconfined" -> Profile.NONE;
      case "Localhost" -> new Profile.Local(profile.path("localhostProfile").asText());
      default -> Profile.DEFAULT;
    };
  }

  /**
   * @param imageUser the user that the image names, maybe with a group
   * @throws ConfigException the container must not run as root and would, or may
   */
  static void checkNonRoot(
      JsonNode podSpec, JsonNode container, Security security, String imageUser) {
    JsonNode pod = podSpec.path("securityContext").path("runAsNonRoot");
    JsonNode own = container.path("securityContext").path("runAsNonRoot");
    if (!(own.isBoolean() ? own.asBoolean() : pod.asBoolean())) {
      return;
    }
    Long user = security.runAsUser();
    if (user != null) {
      if (user == 0) {
        throw new ConfigException("container's runAsUser breaks non-root policy");
      }
      return;
    }
    String name = imageUser.split(":", 2)[0];
    if (name.isEmpty() || name.equals("0")) {
      throw new ConfigException("container has runAsNonRoot and image will run as root");
    }
    if (!name.matches("\\d+")) {
      throw new ConfigException(
          "container has runAsNonRoot and image has non-numeric user ("
              + name
              + "), cannot verify user is non-root");
    }
  }

  private static @Nullable Long number(JsonNode own, JsonNode pod, String field) {
    JsonNode value = own.path(field).isNumber() ? own.path(field) : pod.path(field);
    return value.isNumber() ? value.asLong() : null;
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(item -> texts.add(item.asText()));
    return texts;
  }
}
