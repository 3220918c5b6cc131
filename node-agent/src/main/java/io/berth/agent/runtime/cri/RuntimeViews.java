package io.berth.agent.runtime.cri;

import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriver.SandboxState;
import io.berth.agent.runtime.cri.v1.ContainerStatus;
import io.berth.agent.runtime.cri.v1.PodIP;
import io.berth.agent.runtime.cri.v1.PodSandbox;
import io.berth.agent.runtime.cri.v1.PodSandboxMetadata;
import io.berth.agent.runtime.cri.v1.PodSandboxState;
import io.berth.agent.runtime.cri.v1.PodSandboxStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the runtime reports, as the agent sees it. Pure functions. */
final class RuntimeViews {
  /** The runtime's words for what the exit code says already. */
  private static final Set<String> PLAIN_REASONS = Set.of("Completed", "Error");

  private RuntimeViews() {}

  static Sandbox sandbox(PodSandboxStatus status) {
    List<String> ips = new ArrayList<>();
    if (!status.getNetwork().getIp().isEmpty()) {
      ips.add(status.getNetwork().getIp());
    }
    status.getNetwork().getAdditionalIpsList().stream().map(PodIP::getIp).forEach(ips::add);
    return sandbox(
        status.getId(),
        status.getMetadata(),
        status.getState(),
        ips,
        status.getCreatedAt(),
        status.getLabelsMap(),
        status.getAnnotationsMap());
  }

  /** One that has no addresses any more. */
  static Sandbox endedSandbox(PodSandbox listed) {
    return sandbox(
        listed.getId(),
        listed.getMetadata(),
        PodSandboxState.SANDBOX_NOTREADY,
        List.of(),
        listed.getCreatedAt(),
        listed.getLabelsMap(),
        listed.getAnnotationsMap());
  }

  private static Sandbox sandbox(
      String id,
      PodSandboxMetadata metadata,
      PodSandboxState state,
      List<String> ips,
      long createdAt,
      Map<String, String> labels,
      Map<String, String> annotations) {
    return new Sandbox(
        id,
        metadata.getNamespace(),
        metadata.getName(),
        metadata.getUid(),
        metadata.getAttempt(),
        state == PodSandboxState.SANDBOX_READY ? SandboxState.READY : SandboxState.NOT_READY,
        List.copyOf(ips),
        CriDriver.instant(createdAt),
        Map.copyOf(labels),
        given(annotations));
  }

  static Container container(String sandboxId, ContainerStatus status) {
    ContainerState state = state(status.getState());
    boolean exited = state == ContainerState.EXITED;
    String reason = exited && !PLAIN_REASONS.contains(status.getReason()) ? status.getReason() : "";
    return new Container(
        status.getId(),
        sandboxId,
        status.getMetadata().getName(),
        status.getMetadata().getAttempt(),
        state,
        CriDriver.instant(status.getCreatedAt()),
        instantOrNull(status.getStartedAt()),
        exited ? instantOrNull(status.getFinishedAt()) : null,
        status.getExitCode(),
        reason,
        status.getImage().getImage(),
        status.getImageRef(),
        Map.copyOf(status.getLabelsMap()),
        given(status.getAnnotationsMap()));
  }

  /** What the agent gave, without what the driver added for itself. */
  private static Map<String, String> given(Map<String, String> annotations) {
    Map<String, String> given = new HashMap<>(annotations);
    given.remove(ContainerRequests.QOS_ANNOTATION);
    given.remove(ContainerRequests.CGROUP_ANNOTATION);
    given.remove(ContainerRequests.STOP_SIGNAL_ANNOTATION);
    return Map.copyOf(given);
  }

  static ContainerState state(io.berth.agent.runtime.cri.v1.ContainerState state) {
    return switch (state) {
      case CONTAINER_CREATED -> ContainerState.CREATED;
      case CONTAINER_RUNNING -> ContainerState.RUNNING;
      case CONTAINER_EXITED -> ContainerState.EXITED;
      case CONTAINER_UNKNOWN, UNRECOGNIZED -> ContainerState.UNKNOWN;
    };
  }

  private static @Nullable Instant instantOrNull(long nanos) {
    return nanos <= 0 ? null : CriDriver.instant(nanos);
  }
}
