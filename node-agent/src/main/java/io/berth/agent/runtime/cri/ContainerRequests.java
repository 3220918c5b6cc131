package io.berth.agent.runtime.cri;

import com.google.protobuf.ByteString;
import io.berth.agent.images.ImageReference;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.Resources;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.runtime.RuntimeDriver.Security;
import io.berth.agent.runtime.cri.v1.Capability;
import io.berth.agent.runtime.cri.v1.ContainerConfig;
import io.berth.agent.runtime.cri.v1.ContainerMetadata;
import io.berth.agent.runtime.cri.v1.CreateContainerRequest;
import io.berth.agent.runtime.cri.v1.DNSConfig;
import io.berth.agent.runtime.cri.v1.ImageSpec;
import io.berth.agent.runtime.cri.v1.Int64Value;
import io.berth.agent.runtime.cri.v1.KeyValue;
import io.berth.agent.runtime.cri.v1.LinuxContainerConfig;
import io.berth.agent.runtime.cri.v1.LinuxContainerResources;
import io.berth.agent.runtime.cri.v1.LinuxContainerSecurityContext;
import io.berth.agent.runtime.cri.v1.LinuxPodSandboxConfig;
import io.berth.agent.runtime.cri.v1.LinuxSandboxSecurityContext;
import io.berth.agent.runtime.cri.v1.Mount;
import io.berth.agent.runtime.cri.v1.NamespaceMode;
import io.berth.agent.runtime.cri.v1.NamespaceOption;
import io.berth.agent.runtime.cri.v1.PodSandboxConfig;
import io.berth.agent.runtime.cri.v1.PodSandboxMetadata;
import io.berth.agent.runtime.cri.v1.PodSandboxStatus;
import java.util.List;

/** What the runtime is asked for, from what the agent wants. Pure functions. */
final class ContainerRequests {
  /** Tells containers made later, perhaps by another agent, the pod's class of service. */
  static final String QOS_ANNOTATION = "berth.io/qos-class";

  private static final long CPU_PERIOD_MICROS = 100_000;
  private static final long MIN_CPU_QUOTA_MICROS = 1_000;
  private static final long MIN_CPU_SHARES = 2;
  private static final long MAX_CPU_SHARES = 262_144;

  /** Parts of /proc and /sys that would tell a container of the machine, hidden as by Docker. */
  private static final List<String> MASKED_PATHS =
      List.of(
          "/proc/acpi",
          "/proc/asound",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/sys/devices/virtual/powercap",
          "/sys/firmware");

  private static final List<String> READONLY_PATHS =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  private ContainerRequests() {}

  static PodSandboxConfig sandbox(SandboxSpec spec, String cgroupParent) {
    PodSandboxConfig.Builder config =
        PodSandboxConfig.newBuilder()
            .setMetadata(
                PodSandboxMetadata.newBuilder()
                    .setNamespace(spec.namespace())
                    .setName(spec.name())
                    .setUid(spec.uid())
                    .setAttempt(spec.attempt()))
            .setHostname(spec.hostNetwork() ? "" : spec.hostname())
            .setLogDirectory(spec.logDirectory().toString())
            .putAllLabels(spec.labels())
            .putAllAnnotations(spec.annotations())
            .putAnnotations(QOS_ANNOTATION, QosClass.of(spec.containers()).name())
            .setLinux(
                LinuxPodSandboxConfig.newBuilder()
                    .setCgroupParent(cgroupParent)
                    .setSecurityContext(
                        LinuxSandboxSecurityContext.newBuilder()
                            .setNamespaceOptions(namespaces(spec.hostNetwork()))
                            .setPrivileged(anyPrivileged(spec))));
    if (spec.dns() != null) {
      config.setDnsConfig(
          DNSConfig.newBuilder()
              .addAllServers(spec.dns().servers())
              .addAllSearches(spec.dns().searches())
              .addAllOptions(spec.dns().options()));
    }
    return config.build();
  }

  /**
   * @param sandbox as the runtime reports it, which is all that is known of it after a restart
   * @param memoryCapacity the machine's memory in bytes
   */
  static CreateContainerRequest container(
      PodSandboxStatus sandbox, ContainerSpec spec, String cgroupParent, long memoryCapacity) {
    QosClass qos =
        QosClass.valueOf(
            sandbox.getAnnotationsOrDefault(QOS_ANNOTATION, QosClass.BURSTABLE.name()));
    boolean hostNetwork =
        sandbox.getLinux().getNamespaces().getOptions().getNetwork() == NamespaceMode.NODE;
    return CreateContainerRequest.newBuilder()
        .setPodSandboxId(sandbox.getId())
        .setConfig(config(spec, qos, hostNetwork, memoryCapacity))
        .setSandboxConfig(
            PodSandboxConfig.newBuilder()
                .setMetadata(sandbox.getMetadata())
                .setLogDirectory(String.valueOf(spec.logPath().getParent()))
                .putAllLabels(sandbox.getLabelsMap())
                .putAllAnnotations(sandbox.getAnnotationsMap())
                .setLinux(
                    LinuxPodSandboxConfig.newBuilder()
                        .setCgroupParent(cgroupParent)
                        .setSecurityContext(
                            LinuxSandboxSecurityContext.newBuilder()
                                .setNamespaceOptions(namespaces(hostNetwork)))))
        .build();
  }

  private static ContainerConfig config(
      ContainerSpec spec, QosClass qos, boolean hostNetwork, long memoryCapacity) {
    String image =
        spec.imageId().isEmpty() ? ImageReference.parse(spec.image()).full() : spec.imageId();
    ContainerConfig.Builder config =
        ContainerConfig.newBuilder()
            .setMetadata(
                ContainerMetadata.newBuilder().setName(spec.name()).setAttempt(spec.attempt()))
            .setImage(ImageSpec.newBuilder().setImage(image))
            .addAllCommand(spec.command())
            .addAllArgs(spec.args())
            .setWorkingDir(spec.workingDir())
            .setTty(spec.tty())
            .setStdin(spec.stdin())
            .setStdinOnce(spec.stdinOnce())
            .setLogPath(String.valueOf(spec.logPath().getFileName()))
            .putAllLabels(spec.labels())
            .putAllAnnotations(spec.annotations())
            .setLinux(
                LinuxContainerConfig.newBuilder()
                    .setResources(resources(spec.resources(), qos, memoryCapacity))
                    .setSecurityContext(security(spec.security(), hostNetwork)));
    spec.env()
        .forEach(
            variable ->
                config.addEnvs(
                    KeyValue.newBuilder()
                        .setKey(variable.name())
                        .setValue(ByteString.copyFromUtf8(variable.value()))));
    spec.mounts()
        .forEach(
            mount ->
                config.addMounts(
                    Mount.newBuilder()
                        .setHostPath(mount.hostPath().toString())
                        .setContainerPath(mount.containerPath())
                        .setReadonly(mount.readOnly())));
    return config.build();
  }

  /** A limit without a request counts as the request, as in Kubernetes. */
  static LinuxContainerResources resources(Resources resources, QosClass qos, long memoryCapacity) {
    long request =
        resources.cpuRequestMillis() > 0
            ? resources.cpuRequestMillis()
            : resources.cpuLimitMillis();
    LinuxContainerResources.Builder limits =
        LinuxContainerResources.newBuilder()
            .setCpuShares(Math.clamp(request * 1024 / 1000, MIN_CPU_SHARES, MAX_CPU_SHARES))
            .setMemoryLimitInBytes(resources.memoryLimitBytes())
            .setOomScoreAdj(qos.oomScoreAdjustment(resources.memoryRequestBytes(), memoryCapacity));
    if (resources.cpuLimitMillis() > 0) {
      long quota = resources.cpuLimitMillis() * CPU_PERIOD_MICROS / 1000;
      limits.setCpuPeriod(CPU_PERIOD_MICROS).setCpuQuota(Math.max(quota, MIN_CPU_QUOTA_MICROS));
    }
    return limits.build();
  }

  private static LinuxContainerSecurityContext security(Security security, boolean hostNetwork) {
    LinuxContainerSecurityContext.Builder context =
        LinuxContainerSecurityContext.newBuilder()
            .setPrivileged(security.privileged())
            .setReadonlyRootfs(security.readOnlyRootFilesystem())
            .setNoNewPrivs(!security.allowPrivilegeEscalation())
            .addAllSupplementalGroups(security.supplementalGroups())
            .setNamespaceOptions(namespaces(hostNetwork))
            .setCapabilities(
                Capability.newBuilder()
                    .addAllAddCapabilities(security.addCapabilities())
                    .addAllDropCapabilities(security.dropCapabilities()));
    if (!security.privileged()) {
      context.addAllMaskedPaths(MASKED_PATHS).addAllReadonlyPaths(READONLY_PATHS);
    }
    if (security.runAsUser() != null) {
      context.setRunAsUser(number(security.runAsUser()));
    }
    if (security.runAsGroup() != null) {
      context.setRunAsGroup(number(security.runAsGroup()));
    }
    return context.build();
  }

  /** Containers of a pod share the network and IPC; each sees only its own processes. */
  private static NamespaceOption namespaces(boolean hostNetwork) {
    return NamespaceOption.newBuilder()
        .setNetwork(hostNetwork ? NamespaceMode.NODE : NamespaceMode.POD)
        .setPid(NamespaceMode.CONTAINER)
        .setIpc(NamespaceMode.POD)
        .build();
  }

  private static boolean anyPrivileged(SandboxSpec spec) {
    return spec.containers().stream().anyMatch(container -> container.security().privileged());
  }

  private static Int64Value number(long value) {
    return Int64Value.newBuilder().setValue(value).build();
  }
}
