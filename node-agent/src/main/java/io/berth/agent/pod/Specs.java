package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.Env;
import io.berth.agent.runtime.RuntimeDriver.Namespaces;
import io.berth.agent.runtime.RuntimeDriver.Placement;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.volumes.PodVolumes;
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
  private final Mounts mounts;

  Specs(PodPaths paths, PodConfig config) {
    this.paths = paths;
    this.config = config;
    this.mounts = new Mounts(paths);
  }

  /**
   * @param cgroup the pod's control group, empty where there is none
   */
  SandboxSpec sandbox(
      PodView pod, int attempt, Map<String, PodVolumes.Ready> volumes, String cgroup) {
    List<ContainerSpec> containers = new ArrayList<>();
    for (ContainerDef def : pod.all()) {
      containers.add(container(pod, def, 0, volumes, Map.of(), "", "", Mounts.SubPathing.NONE));
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
        new Placement(pod.qos(), cgroup),
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
   * @throws ConfigException a mount cannot be as the pod asks
   */
  ContainerSpec container(
      PodView pod,
      ContainerDef def,
      int attempt,
      Map<String, PodVolumes.Ready> volumes,
      Map<String, String> env,
      String imageId,
      String targetId,
      Mounts.SubPathing subPathing) {
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
        mounts.of(pod, def, attempt, volumes, env, subPathing),
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
}
