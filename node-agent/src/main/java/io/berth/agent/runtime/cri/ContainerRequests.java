package io.berth.agent.runtime.cri;

import static io.berth.agent.runtime.cri.v1.SecurityProfile.ProfileType.Localhost;
import static io.berth.agent.runtime.cri.v1.SecurityProfile.ProfileType.RuntimeDefault;
import static io.berth.agent.runtime.cri.v1.SecurityProfile.ProfileType.Unconfined;

import com.google.protobuf.ByteString;
import io.berth.agent.cgroup.CpuShare;
import io.berth.agent.cgroup.OomScore;
import io.berth.agent.images.ImageReference;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.MountKind;
import io.berth.agent.runtime.RuntimeDriver.Namespaces;
import io.berth.agent.runtime.RuntimeDriver.Profile;
import io.berth.agent.runtime.RuntimeDriver.Propagation;
import io.berth.agent.runtime.RuntimeDriver.Resources;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.runtime.RuntimeDriver.Security;
import io.berth.agent.runtime.cri.v1.Capability;
import io.berth.agent.runtime.cri.v1.ContainerConfig;
import io.berth.agent.runtime.cri.v1.ContainerMetadata;
import io.berth.agent.runtime.cri.v1.CreateContainerRequest;
import io.berth.agent.runtime.cri.v1.DNSConfig;
import io.berth.agent.runtime.cri.v1.Device;
import io.berth.agent.runtime.cri.v1.ImageSpec;
import io.berth.agent.runtime.cri.v1.Int64Value;
import io.berth.agent.runtime.cri.v1.KeyValue;
import io.berth.agent.runtime.cri.v1.LinuxContainerConfig;
import io.berth.agent.runtime.cri.v1.LinuxContainerResources;
import io.berth.agent.runtime.cri.v1.LinuxContainerSecurityContext;
import io.berth.agent.runtime.cri.v1.LinuxPodSandboxConfig;
import io.berth.agent.runtime.cri.v1.LinuxSandboxSecurityContext;
import io.berth.agent.runtime.cri.v1.Mount;
import io.berth.agent.runtime.cri.v1.MountPropagation;
import io.berth.agent.runtime.cri.v1.NamespaceMode;
import io.berth.agent.runtime.cri.v1.NamespaceOption;
import io.berth.agent.runtime.cri.v1.PodSandboxConfig;
import io.berth.agent.runtime.cri.v1.PodSandboxMetadata;
import io.berth.agent.runtime.cri.v1.PodSandboxStatus;
import io.berth.agent.runtime.cri.v1.SecurityProfile;
import io.berth.agent.runtime.cri.v1.SupplementalGroupsPolicy;
import io.berth.api.object.QosClass;
import java.util.List;

/** What the runtime is asked for, from what the agent wants. Pure functions. */
final class ContainerRequests {
  /** Tells containers made later, perhaps by another agent, the pod's class of service. */
  static final String QOS_ANNOTATION = "berth.io/qos-class";

  /** Tells whoever stops the container, perhaps another agent, how. */
  static final String STOP_SIGNAL_ANNOTATION = "berth.io/stop-signal";

  /** Tells containers made later the pod's control group. */
  static final String CGROUP_ANNOTATION = "berth.io/cgroup-parent";

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

  static PodSandboxConfig sandbox(SandboxSpec spec, String defaultGroup) {
    String placed = spec.placement().cgroup();
    String group = placed.isEmpty() ? defaultGroup : placed;
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
            .putAnnotations(QOS_ANNOTATION, spec.placement().qos().name())
            .putAnnotations(CGROUP_ANNOTATION, group)
            .setLinux(
                LinuxPodSandboxConfig.newBuilder()
                    .setCgroupParent(group)
                    .putAllSysctls(spec.namespaces().sysctls())
                    .setSecurityContext(
                        LinuxSandboxSecurityContext.newBuilder()
                            .setNamespaceOptions(namespaces(spec.namespaces()))
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
      PodSandboxStatus sandbox, ContainerSpec spec, String defaultGroup, long memoryCapacity) {
    String group = sandbox.getAnnotationsOrDefault(CGROUP_ANNOTATION, defaultGroup);
    QosClass qos =
        QosClass.valueOf(
            sandbox.getAnnotationsOrDefault(QOS_ANNOTATION, QosClass.BURSTABLE.name()));
    NamespaceOption shared = sandbox.getLinux().getNamespaces().getOptions();
    return CreateContainerRequest.newBuilder()
        .setPodSandboxId(sandbox.getId())
        .setConfig(config(spec, qos, shared, memoryCapacity))
        .setSandboxConfig(
            PodSandboxConfig.newBuilder()
                .setMetadata(sandbox.getMetadata())
                .setLogDirectory(String.valueOf(spec.logPath().getParent()))
                .putAllLabels(sandbox.getLabelsMap())
                .putAllAnnotations(sandbox.getAnnotationsMap())
                .setLinux(
                    LinuxPodSandboxConfig.newBuilder()
                        .setCgroupParent(group)
                        .setSecurityContext(
                            LinuxSandboxSecurityContext.newBuilder()
                                .setNamespaceOptions(shared)
                                .setPrivileged(spec.security().privileged()))))
        .build();
  }

  private static ContainerConfig config(
      ContainerSpec spec, QosClass qos, NamespaceOption shared, long memoryCapacity) {
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
                    .setSecurityContext(security(spec, shared)));
    if (!spec.stopSignal().isEmpty()) {
      config.putAnnotations(STOP_SIGNAL_ANNOTATION, spec.stopSignal());
    }
    spec.env()
        .forEach(
            variable ->
                config.addEnvs(
                    KeyValue.newBuilder()
                        .setKey(variable.name())
                        .setValue(ByteString.copyFromUtf8(variable.value()))));
    for (RuntimeDriver.Mount mount : spec.mounts()) {
      if (mount.kind() == MountKind.DEVICE) {
        config.addDevices(
            Device.newBuilder()
                .setHostPath(mount.hostPath().toString())
                .setContainerPath(mount.containerPath())
                .setPermissions(mount.readOnly() ? "mr" : "mrw"));
      } else {
        config.addMounts(
            Mount.newBuilder()
                .setHostPath(mount.hostPath().toString())
                .setContainerPath(mount.containerPath())
                .setReadonly(mount.readOnly())
                .setPropagation(propagation(mount.propagation())));
      }
    }
    return config.build();
  }

  private static MountPropagation propagation(Propagation propagation) {
    return switch (propagation) {
      case NONE -> MountPropagation.PROPAGATION_PRIVATE;
      case HOST_TO_CONTAINER -> MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
      case BIDIRECTIONAL -> MountPropagation.PROPAGATION_BIDIRECTIONAL;
    };
  }

  /** A limit without a request counts as the request, as in Kubernetes. */
  static LinuxContainerResources resources(Resources resources, QosClass qos, long memoryCapacity) {
    long request =
        resources.cpuRequestMillis() > 0
            ? resources.cpuRequestMillis()
            : resources.cpuLimitMillis();
    LinuxContainerResources.Builder limits =
        LinuxContainerResources.newBuilder()
            .setCpuShares(CpuShare.shares(request))
            .setMemoryLimitInBytes(resources.memoryLimitBytes())
            .setOomScoreAdj(OomScore.of(qos, resources.memoryRequestBytes(), memoryCapacity));
    if (resources.cpuLimitMillis() > 0) {
      limits
          .setCpuPeriod(CpuShare.PERIOD_MICROS)
          .setCpuQuota(CpuShare.quota(resources.cpuLimitMillis()));
    }
    return limits.build();
  }

  private static LinuxContainerSecurityContext security(
      ContainerSpec spec, NamespaceOption shared) {
    Security security = spec.security();
    LinuxContainerSecurityContext.Builder context =
        LinuxContainerSecurityContext.newBuilder()
            .setPrivileged(security.privileged())
            .setReadonlyRootfs(security.readOnlyRootFilesystem())
            .setNoNewPrivs(!security.allowPrivilegeEscalation())
            .addAllSupplementalGroups(security.supplementalGroups())
            .setSupplementalGroupsPolicy(
                security.strictGroups()
                    ? SupplementalGroupsPolicy.Strict
                    : SupplementalGroupsPolicy.Merge)
            .setSeccomp(profile(security.seccomp()))
            .setNamespaceOptions(processes(spec, shared))
            .setCapabilities(
                Capability.newBuilder()
                    .addAllAddCapabilities(security.addCapabilities())
                    .addAllDropCapabilities(security.dropCapabilities()));
    if (!(security.appArmor() instanceof Profile.RuntimeDefault)) {
      context.setApparmor(profile(security.appArmor())); // where unset, it is the default one
    }
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

  private static SecurityProfile profile(Profile profile) {
    return switch (profile) {
      case Profile.Unconfined _ -> SecurityProfile.newBuilder().setProfileType(Unconfined).build();
      case Profile.RuntimeDefault _ ->
          SecurityProfile.newBuilder().setProfileType(RuntimeDefault).build();
      case Profile.Local local ->
          SecurityProfile.newBuilder()
              .setProfileType(Localhost)
              .setLocalhostRef(local.name())
              .build();
    };
  }

  /** Containers of a pod share the network and IPC, and their processes where the pod says so. */
  private static NamespaceOption namespaces(Namespaces wanted) {
    NamespaceMode pid = wanted.sharedProcesses() ? NamespaceMode.POD : NamespaceMode.CONTAINER;
    return NamespaceOption.newBuilder()
        .setNetwork(wanted.hostNetwork() ? NamespaceMode.NODE : NamespaceMode.POD)
        .setPid(wanted.hostPid() ? NamespaceMode.NODE : pid)
        .setIpc(wanted.hostIpc() ? NamespaceMode.NODE : NamespaceMode.POD)
        .build();
  }

  private static NamespaceOption processes(ContainerSpec spec, NamespaceOption shared) {
    return spec.targetId().isEmpty()
        ? shared
        : shared.toBuilder().setPid(NamespaceMode.TARGET).setTargetId(spec.targetId()).build();
  }

  private static boolean anyPrivileged(SandboxSpec spec) {
    return spec.containers().stream().anyMatch(container -> container.security().privileged());
  }

  private static Int64Value number(long value) {
    return Int64Value.newBuilder().setValue(value).build();
  }
}
