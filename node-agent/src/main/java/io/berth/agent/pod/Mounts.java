package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.RuntimeDriver.Mount;
import io.berth.agent.runtime.RuntimeDriver.MountKind;
import io.berth.agent.runtime.RuntimeDriver.Propagation;
import io.berth.agent.volumes.PodVolumes;
import io.berth.agent.volumes.SubPaths;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What of its pod's volumes a container gets, and what files beside them. */
final class Mounts {
  private static final Logger log = LoggerFactory.getLogger(Mounts.class);

  /** How parts of volumes are found. */
  enum SubPathing {
    /** Not at all: the container is not about to be made. */
    NONE,
    /** As paths below the volume; the runtime has a file system of its own to find them in. */
    NAMED,
    /** Mounted where no container can exchange them. */
    MOUNTED
  }

  private final PodPaths paths;

  Mounts(PodPaths paths) {
    this.paths = paths;
  }

  /**
   * All mounts of a container.
   *
   * @param env what {@code subPathExpr} is made of
   * @throws ConfigException a mount cannot be as the pod asks
   */
  List<Mount> of(
      PodView pod,
      ContainerDef def,
      int attempt,
      Map<String, PodVolumes.Ready> volumes,
      Map<String, String> env,
      SubPathing subPathing) {
    List<Mount> mounts = new ArrayList<>();
    boolean ownHosts = false;
    int index = 0;
    for (JsonNode mount : def.json().path("volumeMounts")) {
      PodVolumes.Ready volume = volume(mount, "mountPath", volumes);
      String subPath = subPathing == SubPathing.NONE ? "" : subPath(mount, env);
      Path from =
          subPath.isEmpty()
              ? volume.path()
              : part(pod, def, mount, index, volume, subPath, subPathing);
      mounts.add(mount(pod, mount, volume, from));
      ownHosts |= mount.path("mountPath").asText().equals("/etc/hosts");
      index++;
    }
    for (JsonNode device : def.json().path("volumeDevices")) {
      PodVolumes.Ready volume = volume(device, "devicePath", volumes);
      String path = device.path("devicePath").asText();
      mounts.add(
          new Mount(
              volume.kind(),
              name(device),
              volume.path(),
              path,
              volume.readOnly(),
              false,
              fieldPath(pod, name(device))));
    }
    if (!ownHosts) {
      Path hosts = paths.hosts(pod.id());
      mounts.add(
          new Mount(
              MountKind.FILES, "etc-hosts", hosts, "/etc/hosts", false, false, "spec.hostAliases"));
    }
    mounts.add(
        new Mount(
            MountKind.TERMINATION_LOG,
            "termination-log",
            paths.terminationLog(pod.id(), def.name(), attempt),
            terminationPath(def),
            false,
            false,
            def.fieldPath() + ".terminationMessagePath"));
    return mounts;
  }

  private static String name(JsonNode mount) {
    return mount.path("name").asText();
  }

  private static PodVolumes.Ready volume(
      JsonNode mount, String place, Map<String, PodVolumes.Ready> volumes) {
    PodVolumes.Ready volume = volumes.get(name(mount));
    if (volume == null) {
      throw new ConfigException("no volume " + name(mount) + " for " + mount.path(place).asText());
    }
    return volume;
  }

  private static Mount mount(PodView pod, JsonNode mount, PodVolumes.Ready volume, Path from) {
    Propagation propagation =
        switch (mount.path("mountPropagation").asText()) {
          case "HostToContainer" -> Propagation.HOST_TO_CONTAINER;
          case "Bidirectional" -> Propagation.BIDIRECTIONAL;
          default -> Propagation.NONE;
        };
    return new Mount(
        volume.kind(),
        name(mount),
        from,
        mount.path("mountPath").asText(),
        mount.path("readOnly").asBoolean() || volume.readOnly(),
        volume.memory(),
        propagation,
        fieldPath(pod, name(mount)));
  }

  private static String terminationPath(ContainerDef def) {
    String path = def.json().path("terminationMessagePath").asText();
    return path.isEmpty() ? "/dev/termination-log" : path;
  }

  private static String subPath(JsonNode mount, Map<String, String> env) {
    String expression = mount.path("subPathExpr").asText();
    String missing = Expansion.missing(expression, env);
    if (!missing.isEmpty()) {
      throw new ConfigException("missing value for \"" + missing + "\"");
    }
    String plain = mount.path("subPath").asText();
    String subPath = plain.isEmpty() ? Expansion.expand(expression, env) : plain;
    if (subPath.startsWith("/")) {
      throw new ConfigException("error SubPath `" + subPath + "` must not be an absolute path");
    }
    if (List.of(subPath.split("/")).contains("..")) {
      throw new ConfigException(
          "unable to provision SubPath `" + subPath + "`: must not contain '..'");
    }
    return subPath;
  }

  private Path part(
      PodView pod,
      ContainerDef def,
      JsonNode mount,
      int index,
      PodVolumes.Ready volume,
      String subPath,
      SubPathing subPathing) {
    try {
      if (volume.kind() == MountKind.FILES) {
        // Only the agent writes there. What is mounted stays as it is when the volume is renewed.
        return volume.path().resolve(subPath).toRealPath();
      }
      if (subPathing == SubPathing.NAMED) {
        return volume.path().resolve(subPath).normalize();
      }
      Path target =
          paths
              .subPaths(pod.id())
              .resolve(name(mount))
              .resolve(def.name())
              .resolve(Integer.toString(index));
      SubPaths.mount(volume.path(), subPath, target);
      return target;
    } catch (IOException e) {
      log.warn(
          "sub path not mounted pod={} container={} volume={} path={} error={}",
          pod,
          def.name(),
          name(mount),
          subPath,
          e.toString());
      throw new ConfigException(
          "failed to prepare subPath for volumeMount \"%s\" of container \"%s\""
              .formatted(name(mount), def.name()));
    }
  }

  private static String fieldPath(PodView pod, String volume) {
    int index = 0;
    for (JsonNode json : pod.spec().path("volumes")) {
      if (name(json).equals(volume)) {
        String source = "";
        for (var field : json.properties()) {
          source = field.getKey().equals("name") ? source : "." + field.getKey();
        }
        return "spec.volumes[" + index + "]" + source;
      }
      index++;
    }
    return "spec.volumes";
  }
}
