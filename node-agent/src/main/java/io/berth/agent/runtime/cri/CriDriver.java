package io.berth.agent.runtime.cri;

import io.berth.agent.runtime.NotSupportedException;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.runtime.cri.v1.AttachRequest;
import io.berth.agent.runtime.cri.v1.ContainerStats;
import io.berth.agent.runtime.cri.v1.ContainerStatsFilter;
import io.berth.agent.runtime.cri.v1.CreateContainerRequest;
import io.berth.agent.runtime.cri.v1.ExecRequest;
import io.berth.agent.runtime.cri.v1.FilesystemUsage;
import io.berth.agent.runtime.cri.v1.ListContainerStatsRequest;
import io.berth.agent.runtime.cri.v1.ListContainersRequest;
import io.berth.agent.runtime.cri.v1.ListPodSandboxRequest;
import io.berth.agent.runtime.cri.v1.PodSandbox;
import io.berth.agent.runtime.cri.v1.PodSandboxState;
import io.berth.agent.runtime.cri.v1.PodSandboxStatus;
import io.berth.agent.runtime.cri.v1.PodSandboxStatusRequest;
import io.berth.agent.runtime.cri.v1.PodSandboxStatusResponse;
import io.berth.agent.runtime.cri.v1.PortForwardRequest;
import io.berth.agent.runtime.cri.v1.RemoveContainerRequest;
import io.berth.agent.runtime.cri.v1.RemovePodSandboxRequest;
import io.berth.agent.runtime.cri.v1.ReopenContainerLogRequest;
import io.berth.agent.runtime.cri.v1.RunPodSandboxRequest;
import io.berth.agent.runtime.cri.v1.RuntimeCondition;
import io.berth.agent.runtime.cri.v1.StartContainerRequest;
import io.berth.agent.runtime.cri.v1.StatusRequest;
import io.berth.agent.runtime.cri.v1.StopContainerRequest;
import io.berth.agent.runtime.cri.v1.StopPodSandboxRequest;
import io.berth.agent.runtime.cri.v1.VersionRequest;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs pods as containers through the container runtime interface. It keeps nothing of its own: all
 * that it knows it asks the runtime for, so that a new agent finds what an old one left.
 */
public final class CriDriver implements RuntimeDriver {
  private static final Duration CALL_LIMIT = Duration.ofSeconds(10);
  private static final Duration HEALTH_LIMIT = Duration.ofSeconds(1);

  /** Starting and ending processes on a busy machine. */
  private static final Duration WORK_LIMIT = Duration.ofMinutes(2);

  private static final Path APP_ARMOR = Path.of("/sys/module/apparmor/parameters/enabled");
  private static final Set<String> MUST_HOLD = Set.of("RuntimeReady", "NetworkReady");

  private final Environment environment;
  private final CriClient client;
  private final String cgroupParent;
  private final long memoryCapacity;
  private final ContainerStatuses statuses;

  /** As the runtime said when it was last asked for its health. */
  private volatile boolean strictGroups;

  private final ExecProcesses processes;
  private final RuntimeEvents events;
  private final StopSignals stopSignals;

  /**
   * @param client the connection; it stays the caller's
   * @param nodeName names the control group that all containers are in
   * @param memoryCapacity the machine's memory in bytes
   */
  public CriDriver(
      Environment environment, CriClient client, String nodeName, long memoryCapacity) {
    this.environment = environment;
    this.client = client;
    this.cgroupParent = "/berth-" + nodeName;
    this.memoryCapacity = memoryCapacity;
    this.statuses = new ContainerStatuses(environment, client);
    this.processes = new ExecProcesses(environment);
    this.events = new RuntimeEvents(environment, client, processes);
    this.stopSignals = new StopSignals(environment, client);
  }

  @Override
  public String name() {
    return "containerd";
  }

  @Override
  public String version() {
    var version =
        CriClient.call(
            "asking for the runtime's version",
            () -> client.runtime(CALL_LIMIT).version(VersionRequest.getDefaultInstance()));
    return version.getRuntimeName() + "://" + version.getRuntimeVersion();
  }

  @Override
  public Set<Feature> features() {
    Set<Feature> here = EnumSet.noneOf(Feature.class);
    if (hasAppArmor()) {
      here.add(Feature.APP_ARMOR);
    }
    if (strictGroups) {
      here.add(Feature.STRICT_GROUPS);
    }
    return here;
  }

  private static boolean hasAppArmor() {
    try {
      return Files.readString(APP_ARMOR).startsWith("Y");
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public @Nullable String health() {
    try {
      var response =
          CriClient.call(
              "container runtime",
              () -> client.runtime(HEALTH_LIMIT).status(StatusRequest.getDefaultInstance()));
      strictGroups = response.getFeatures().getSupplementalGroupsPolicy();
      String complaints =
          response.getStatus().getConditionsList().stream()
              .filter(c -> MUST_HOLD.contains(c.getType()) && !c.getStatus())
              .map(RuntimeCondition::getMessage)
              .collect(Collectors.joining("; "));
      return complaints.isEmpty() ? null : complaints;
    } catch (RuntimeDriverException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Override
  public Sandbox runSandbox(SandboxSpec spec) {
    checkSupported(spec);
    RunPodSandboxRequest request =
        RunPodSandboxRequest.newBuilder()
            .setConfig(ContainerRequests.sandbox(spec, cgroupParent))
            .build();
    String id =
        CriClient.call(
                "cannot make the sandbox", () -> client.runtime(WORK_LIMIT).runPodSandbox(request))
            .getPodSandboxId();
    PodSandboxStatus status = sandboxStatus(id);
    if (status == null) {
      throw new RuntimeDriverException("the sandbox is gone again");
    }
    return RuntimeViews.sandbox(status);
  }

  /** Names of the fields that the runtime would ignore or refuse with a message nobody knows. */
  private static void checkSupported(SandboxSpec spec) {
    for (int i = 0; i < spec.containers().size(); i++) {
      ContainerSpec container = spec.containers().get(i);
      for (Mount mount : container.mounts()) {
        if (!mount.containerPath().startsWith("/")) {
          throw new NotSupportedException(
              mount.fieldPath(), "a container's mount path is absolute");
        }
      }
    }
  }

  @Override
  public void stopSandbox(String sandboxId) {
    StopPodSandboxRequest request =
        StopPodSandboxRequest.newBuilder().setPodSandboxId(sandboxId).build();
    CriClient.callOrNull(
        "cannot stop the sandbox", () -> client.runtime(WORK_LIMIT).stopPodSandbox(request));
  }

  @Override
  public void removeSandbox(String sandboxId) {
    RemovePodSandboxRequest request =
        RemovePodSandboxRequest.newBuilder().setPodSandboxId(sandboxId).build();
    CriClient.callOrNull(
        "cannot remove the sandbox", () -> client.runtime(WORK_LIMIT).removePodSandbox(request));
  }

  @Override
  public List<Sandbox> sandboxes() {
    var response =
        CriClient.call(
            "cannot list sandboxes",
            () ->
                client
                    .runtime(CALL_LIMIT)
                    .listPodSandbox(ListPodSandboxRequest.getDefaultInstance()));
    return response.getItemsList().stream()
        .map(this::sandbox)
        .sorted(Comparator.comparing(Sandbox::createdAt).thenComparing(Sandbox::id))
        .toList();
  }

  /** Addresses are only in a sandbox's status; one that is gone by now counts as ended. */
  private Sandbox sandbox(PodSandbox listed) {
    PodSandboxStatus status =
        listed.getState() == PodSandboxState.SANDBOX_READY ? sandboxStatus(listed.getId()) : null;
    return status != null ? RuntimeViews.sandbox(status) : RuntimeViews.endedSandbox(listed);
  }

  private @Nullable PodSandboxStatus sandboxStatus(String id) {
    PodSandboxStatusRequest request =
        PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).build();
    PodSandboxStatusResponse response =
        CriClient.callOrNull(
            "cannot look at the sandbox",
            () -> client.runtime(CALL_LIMIT).podSandboxStatus(request));
    return response == null ? null : response.getStatus();
  }

  @Override
  public String createContainer(String sandboxId, ContainerSpec spec) {
    PodSandboxStatus sandbox = sandboxStatus(sandboxId);
    if (sandbox == null) {
      throw new RuntimeDriverException("the sandbox is gone");
    }
    CreateContainerRequest request =
        new ImageUser(client)
            .complete(
                ContainerRequests.container(sandbox, spec, cgroupParent, memoryCapacity), spec);
    return CriClient.call(
            "cannot create container " + spec.name(),
            () -> client.runtime(WORK_LIMIT).createContainer(request))
        .getContainerId();
  }

  @Override
  public void startContainer(String containerId) {
    StartContainerRequest request =
        StartContainerRequest.newBuilder().setContainerId(containerId).build();
    CriClient.call(
        "cannot start the container", () -> client.runtime(WORK_LIMIT).startContainer(request));
  }

  @Override
  public void stopContainer(String containerId, Duration grace) {
    boolean asked = !grace.isZero() && stopSignals.ask(containerId, grace);
    long seconds = asked ? 0 : Math.max(0, grace.plusMillis(999).toSeconds());
    StopContainerRequest request =
        StopContainerRequest.newBuilder().setContainerId(containerId).setTimeout(seconds).build();
    CriClient.callOrNull(
        "cannot stop the container",
        () -> client.runtime(grace.plus(WORK_LIMIT)).stopContainer(request));
  }

  @Override
  public void removeContainer(String containerId) {
    RemoveContainerRequest request =
        RemoveContainerRequest.newBuilder().setContainerId(containerId).build();
    CriClient.callOrNull(
        "cannot remove the container", () -> client.runtime(WORK_LIMIT).removeContainer(request));
  }

  @Override
  public boolean reopenLog(String containerId) {
    ReopenContainerLogRequest request =
        ReopenContainerLogRequest.newBuilder().setContainerId(containerId).build();
    CriClient.call(
        "cannot reopen the container's log",
        () -> client.runtime(WORK_LIMIT).reopenContainerLog(request));
    return true;
  }

  @Override
  public List<Container> containers() {
    var response =
        CriClient.call(
            "cannot list containers",
            () ->
                client
                    .runtime(CALL_LIMIT)
                    .listContainers(ListContainersRequest.getDefaultInstance()));
    return statuses.of(response.getContainersList());
  }

  @Override
  public Exec exec(
      String containerId,
      List<String> command,
      boolean tty,
      @Nullable InputStream stdin,
      OutputStream stdout,
      @Nullable OutputStream stderr) {
    ExecRequest request =
        ExecRequest.newBuilder()
            .setContainerId(containerId)
            .addAllCmd(command)
            .setTty(tty)
            .setStdin(stdin != null)
            .setStdout(true)
            .setStderr(!tty && stderr != null)
            .build();
    String url =
        CriClient.call("cannot execute a command", () -> client.runtime(CALL_LIMIT).exec(request))
            .getUrl();
    CompletableFuture<ProcessHandle> process = expectProcess(containerId);
    return StreamingExec.start(
        environment,
        client.eventLoop(),
        URI.create(url),
        tty,
        stdin,
        stdout,
        tty ? null : stderr,
        process);
  }

  @Override
  public Exec attach(
      String containerId,
      boolean tty,
      @Nullable InputStream stdin,
      OutputStream stdout,
      @Nullable OutputStream stderr) {
    OutputStream errors = tty ? null : stderr;
    AttachRequest request =
        AttachRequest.newBuilder()
            .setContainerId(containerId)
            .setTty(tty)
            .setStdin(stdin != null)
            .setStdout(true)
            .setStderr(errors != null)
            .build();
    String url =
        CriClient.call("cannot attach", () -> client.runtime(CALL_LIMIT).attach(request)).getUrl();
    return StreamingExec.attach(
        environment, client.eventLoop(), URI.create(url), tty, stdin, stdout, errors);
  }

  @Override
  public Forward forward(String sandboxId, int port, InputStream in, OutputStream out) {
    PortForwardRequest request =
        PortForwardRequest.newBuilder().setPodSandboxId(sandboxId).addPort(port).build();
    String url =
        CriClient.call(
                "cannot forward a port", () -> client.runtime(CALL_LIMIT).portForward(request))
            .getUrl();
    return StreamingForward.start(environment, client.eventLoop(), URI.create(url), port, in, out);
  }

  private CompletableFuture<ProcessHandle> expectProcess(String containerId) {
    events.start();
    try {
      return processes.expect(containerId);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RuntimeDriverException("interrupted", e);
    }
  }

  private List<ContainerStats> stats() {
    ListContainerStatsRequest request =
        ListContainerStatsRequest.newBuilder()
            .setFilter(ContainerStatsFilter.getDefaultInstance())
            .build();
    return CriClient.call(
            "cannot read usage", () -> client.runtime(CALL_LIMIT).listContainerStats(request))
        .getStatsList();
  }

  @Override
  public Map<String, Layer> layers() {
    Map<String, Layer> layers = new HashMap<>();
    for (ContainerStats stats : stats()) {
      if (stats.hasWritableLayer()) {
        FilesystemUsage used = stats.getWritableLayer();
        layers.put(
            stats.getAttributes().getId(),
            new Layer(used.getUsedBytes().getValue(), used.getInodesUsed().getValue()));
      }
    }
    return layers;
  }

  @Override
  public List<ContainerUsage> usage() {
    return stats().stream()
        .filter(stats -> stats.hasCpu() && stats.hasMemory())
        .map(
            stats ->
                new ContainerUsage(
                    stats.getAttributes().getId(),
                    instant(stats.getCpu().getTimestamp()),
                    stats.getCpu().getUsageCoreNanoSeconds().getValue(),
                    stats.getMemory().getWorkingSetBytes().getValue()))
        .sorted(Comparator.comparing(ContainerUsage::containerId))
        .toList();
  }

  static Instant instant(long nanos) {
    return Instant.ofEpochSecond(0, nanos);
  }

  @Override
  public void onChange(Runnable listener) {
    events.onChange(listener);
  }

  @Override
  public void close() {
    events.close();
  }
}
