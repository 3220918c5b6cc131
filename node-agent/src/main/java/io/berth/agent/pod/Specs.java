package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.Env;
import io.berth.agent.runtime.RuntimeDriver.Mount;
import io.berth.agent.runtime.RuntimeDriver.MountKind;
import io.berth.agent.runtime.RuntimeDriver.Namespaces;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.volumes.PodVolumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;

/** What the runtime is told of a pod. */
final class Specs {
  static final String POD_NAME = "io.kubernetes.pod.name";
  static final String POD_NAMESPACE = "io.kubernetes.pod.namespace";
  static final String POD_UID = "io.kubernetes.pod.uid";
  static final String CONTAINER_NAME = "io.kubernetes.container.name";
  static final String GRACE = "io.kubernetes.pod.terminationGracePeriod";

  private final PodPaths paths;
  private final PodConfig config;

  Specs(PodPaths paths, PodConfig config) {
    this.paths = paths;
    this.config = config;
  }

  SandboxSpec sandbox(PodView pod, int attempt, Map<String, PodVolumes.Ready> volumes) {
    List<ContainerSpec> containers = new ArrayList<>();
    for (ContainerDef def : pod.all()) {
      containers.add(container(pod, def, 0, volumes, Map.of(), "", ""));
    }
    return new SandboxSpec(
        pod.id().namespace(),
        pod.id().name(),
        pod.id().uid(),
        attempt,
        PodNames.hostname(pod, config),
        namespaces(pod),
        paths.logs(pod.id()),
        PodNames.dns(pod, config),
        containers,
        PodResources.of(pod),
        labels(pod),
        Map.of(GRACE, Long.toString(pod.graceSeconds())));
  }

  private static Namespaces namespaces(PodView pod) {
    JsonNode spec = pod.spec();
    Map<String, String> sysctls = new TreeMap<>();
    Sysctls.of(pod).forEach(sysctls::put);
    return new Namespaces(
        pod.hostNetwork(),
        spec.path("hostPID").asBoolean(),
        spec.path("hostIPC").asBoolean(),
        spec.path("shareProcessNamespace").asBoolean(),
        sysctls);
  }

  /**
   * @param targetId the container whose processes an ephemeral one sees, or empty
   */
  ContainerSpec container(
      PodView pod,
      ContainerDef def,
      int attempt,
      Map<String, PodVolumes.Ready> volumes,
      Map<String, String> env,
      String imageId,
      String targetId) {
    JsonNode json = def.json();
    Map<String, String> labels = new TreeMap<>(labels(pod));
    labels.put(CONTAINER_NAME, def.name());
    return new ContainerSpec(
        def.name(),
        attempt,
        def.image(),
        imageId,
        expanded(json.path("command"), env),
        expanded(json.path("args"), env),
        json.path("workingDir").asText(),
        env.entrySet().stream().map(e -> new Env(e.getKey(), e.getValue())).toList(),
        mounts(pod, def, attempt, volumes, env),
        PodResources.of(def),
        SecurityContexts.of(pod.spec(), json, paths.seccomp()),
        json.path("tty").asBoolean(),
        json.path("stdin").asBoolean(),
        json.path("stdinOnce").asBoolean(),
        json.path("lifecycle").path("stopSignal").asText(),
        targetId,
        paths.log(pod.id(), def.name(), attempt),
        labels,
        Map.of(Containers.HASH, def.hash()));
  }

  private static Map<String, String> labels(PodView pod) {
    PodId id = pod.id();
    return Map.of(POD_NAME, id.name(), POD_NAMESPACE, id.namespace(), POD_UID, id.uid());
  }

  private static List<String> expanded(JsonNode words, Map<String, String> env) {
    return StreamSupport.stream(words.spliterator(), false)
        .map(word -> Expansion.expand(word.asText(), env))
        .toList();
  }

  private List<Mount> mounts(
      PodView pod,
      ContainerDef def,
      int attempt,
      Map<String, PodVolumes.Ready> volumes,
      Map<String, String> env) {
    List<Mount> mounts = new ArrayList<>();
    boolean ownHosts = false;
    for (JsonNode mount : def.json().path("volumeMounts")) {
      mounts.add(mount(pod, mount, volumes, env));
      ownHosts |= mount.path("mountPath").asText().equals("/etc/hosts");
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

  private static String terminationPath(ContainerDef def) {
    String path = def.json().path("terminationMessagePath").asText();
    return path.isEmpty() ? "/dev/termination-log" : path;
  }

  private static Mount mount(
      PodView pod, JsonNode mount, Map<String, PodVolumes.Ready> volumes, Map<String, String> env) {
    String name = mount.path("name").asText();
    PodVolumes.Ready volume = volumes.get(name);
    if (volume == null) {
      throw new ConfigException("no volume " + name + " for " + mount.path("mountPath").asText());
    }
    String subPath = mount.path("subPath").asText();
    if (subPath.isEmpty()) {
      subPath = Expansion.expand(mount.path("subPathExpr").asText(), env);
    }
    boolean files = volume.kind() == MountKind.FILES;
    return new Mount(
        volume.kind(),
        name,
        subPath.isEmpty() ? volume.path() : within(volume.path(), subPath, files),
        mount.path("mountPath").asText(),
        mount.path("readOnly").asBoolean() || files,
        volume.memory(),
        fieldPath(pod, name));
  }

  /** A path in a volume, made where it is missing; links must not lead out of the volume. */
  private static Path within(Path volume, String subPath, boolean files) {
    try {
      Path root = volume.toRealPath();
      Path path = root.resolve(subPath).normalize();
      if (!path.startsWith(root)) {
        throw new ConfigException("subPath " + subPath + " leaves its volume");
      }
      if (!Files.exists(path) && !files) {
        Files.createDirectories(path);
      }
      Path real = path.toRealPath();
      if (!real.startsWith(root)) {
        throw new ConfigException("subPath " + subPath + " leaves its volume");
      }
      return real;
    } catch (IOException e) {
      throw new ConfigException("failed to prepare subPath " + subPath + ": " + e.getMessage());
    }
  }

  private static String fieldPath(PodView pod, String volume) {
    int index = 0;
    for (JsonNode json : pod.spec().path("volumes")) {
      if (json.path("name").asText().equals(volume)) {
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
