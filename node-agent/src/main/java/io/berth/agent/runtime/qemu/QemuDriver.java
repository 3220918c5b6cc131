package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.NotSupportedException;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.runtime.Signals;
import io.berth.agent.runtime.TcpForward;
import io.berth.agent.runtime.qemu.MachineState.Held;
import io.berth.agent.runtime.qemu.MachineState.Phase;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs each pod as a virtual machine of its own under QEMU; the pod's containers are processes that
 * a small program of ours runs in the guest, from their images' file systems. Machines outlive the
 * agent; {@link #start} finds them again.
 */
public final class QemuDriver implements RuntimeDriver {
  private static final Logger log = LoggerFactory.getLogger(QemuDriver.class);
  private static final Duration FILES_EVERY = Duration.ofSeconds(3);

  private final QemuConfig config;
  private final ImageStore images;
  private final Environment environment;
  private final MachineDirectory directory;
  private final ImageDisks disks;
  private final TapPort taps;
  private final MachineLauncher launcher;
  private final AcceleratorProbe probe;
  private final GuestImage guestImage;
  private final Map<String, Machine> machines = new ConcurrentSkipListMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile String qemuVersion = "";
  private volatile boolean closed;

  /** Starts nothing yet. */
  public QemuDriver(QemuConfig config, ImageStore images, TapPort taps, Environment environment) {
    this.config = config;
    this.images = images;
    this.environment = environment;
    this.directory = new MachineDirectory(config);
    Path diskDirectory = config.dataDirectory().resolve("image-disks");
    this.disks = new ImageDisks(diskDirectory, images);
    this.taps = taps;
    this.launcher = new MachineLauncher(config, environment, directory, disks, images, taps);
    this.probe = new AcceleratorProbe(config);
    this.guestImage = new GuestImage(config.kernelRoot().resolveSibling("guest"));
  }

  /**
   * Finds the machines that an earlier agent started, and gets ready for new ones in the
   * background. Returns when all machines are known.
   */
  public void start() {
    directory.prepare();
    try {
      Files.createDirectories(config.dataDirectory().resolve("image-disks"));
      Files.createDirectories(config.dataDirectory().resolve("guest"));
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot make directories: " + e.getMessage(), e);
    }
    directory.load().forEach(this::rejoin);
    environment.executor().execute(this::getReady);
    environment.timers().after(FILES_EVERY, this::syncFiles);
  }

  private void rejoin(MachineState state) {
    Machine machine = new Machine(environment, directory, state, this::changed);
    machines.put(state.id(), machine);
    boolean alive = new ProcessIdentity(state.pid(), state.startTicks()).alive();
    if (!alive || state.phase() == Phase.BOOTING) {
      machine.abandon();
    } else if (state.phase() == Phase.READY) {
      environment.executor().execute(machine::reconnect);
    }
    log.info(
        "machine found id={} pod={}/{} running={}",
        state.id(),
        state.namespace(),
        state.name(),
        alive);
  }

  private void getReady() {
    try {
      GuestKernel kernel = kernel();
      probe.run(kernel, guestImage.archive(kernel), version());
    } catch (RuntimeException e) {
      log.warn("virtual machines cannot be started reason={}", e.getMessage());
    }
  }

  private GuestKernel kernel() {
    return GuestKernel.find(config.kernelRoot())
        .orElseThrow(
            () ->
                new RuntimeDriverException(
                    "no guest kernel in " + config.kernelRoot() + " (linux-image-cloud-amd64)"));
  }

  private void syncFiles() {
    machines.values().forEach(Machine::syncFiles);
    if (!closed) {
      environment.timers().after(FILES_EVERY, this::syncFiles);
    }
  }

  @Override
  public String name() {
    return "qemu";
  }

  @Override
  public String version() {
    if (qemuVersion.isEmpty()) {
      String text =
          HostTool.require(
              List.of(config.binary(), "--version"), Path.of("/"), Duration.ofSeconds(10));
      String[] words = text.split("\\s+", 5);
      qemuVersion = "qemu://" + (words.length > 3 ? words[3] : "unknown");
    }
    return qemuVersion;
  }

  @Override
  public @Nullable String health() {
    try {
      GuestKernel kernel = kernel();
      return Files.isReadable(kernel.image()) ? null : "cannot read " + kernel.image();
    } catch (RuntimeDriverException e) {
      return e.getMessage();
    }
  }

  /** What the guest does by itself. */
  @Override
  public Set<Feature> features() {
    return Set.of(Feature.STRICT_GROUPS);
  }

  /* ---- sandboxes ---- */

  @Override
  public Sandbox runSandbox(SandboxSpec spec) {
    GuestKernel kernel = kernel();
    Path archive = guestImage.archive(kernel);
    Machine machine =
        launcher.launch(
            spec,
            new MachineLauncher.Platform(kernel, archive, probe.accelerator()),
            this::changed);
    machines.put(machine.id(), machine);
    return sandbox(machine.state());
  }

  @Override
  public void stopSandbox(String sandboxId) {
    Machine machine = machines.get(sandboxId);
    if (machine != null) {
      launcher.release(machine);
    }
  }

  @Override
  public void removeSandbox(String sandboxId) {
    Machine machine = machines.get(sandboxId);
    if (machine == null) {
      return;
    }
    launcher.release(machine);
    directory.delete(sandboxId);
    machines.remove(sandboxId);
    Set<String> used = new HashSet<>();
    machines.values().forEach(m -> used.addAll(m.state().disks()));
    disks.prune(used);
  }

  @Override
  public List<Sandbox> sandboxes() {
    return machines.values().stream().map(m -> sandbox(m.state())).toList();
  }

  private static Sandbox sandbox(MachineState state) {
    Map<String, String> annotations = new TreeMap<>(state.annotations());
    annotations.remove(MachineLauncher.SHARED_PROCESSES);
    return new Sandbox(
        state.id(),
        state.namespace(),
        state.name(),
        state.uid(),
        state.attempt(),
        state.phase() == Phase.READY ? SandboxState.READY : SandboxState.NOT_READY,
        state.address().isEmpty() ? List.of() : List.of(state.address()),
        Instant.parse(state.createdAt()),
        state.labels(),
        annotations);
  }

  /* ---- containers ---- */

  @Override
  public String createContainer(String sandboxId, ContainerSpec spec) {
    Machine machine = machines.get(sandboxId);
    if (machine == null || machine.state().phase() != Phase.READY) {
      throw new RuntimeDriverException("sandbox " + sandboxId + " is not ready");
    }
    StartRequest.check(spec);
    String reference = spec.imageId().isEmpty() ? spec.image() : spec.imageId();
    ImageStore.Image image =
        images
            .find(reference)
            .or(() -> images.find(spec.image()))
            .orElseThrow(() -> new RuntimeDriverException("no image " + spec.image()));
    ImageDisks.Disk disk = disks.disk(image);
    synchronized (machine) {
      if (!machine.state().disks().contains(disk.serial())) {
        launcher.plug(machine, disk);
      }
    }
    ImageStore.ImageConfig imageConfig = images.config(spec.image());
    String id = sandboxId + HexFormat.of().toHexDigits(environment.random().nextLong(), 12);
    byte[] request =
        StartRequest.encode(
            id,
            disk.serial(),
            machine.state().hostname(),
            sharesProcesses(machine),
            spec,
            imageConfig);
    try {
      FileTrees.writeAtomically(directory.request(sandboxId, id), request);
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot keep the container: " + e.getMessage(), e);
    }
    machine.update(s -> s.adding(held(id, spec, image, imageConfig)));
    return id;
  }

  private static boolean sharesProcesses(Machine machine) {
    return machine.state().annotations().containsKey(MachineLauncher.SHARED_PROCESSES);
  }

  private Held held(
      String id, ContainerSpec spec, ImageStore.Image image, ImageStore.ImageConfig imageConfig) {
    return new Held(
        id,
        spec.name(),
        spec.attempt(),
        spec.image(),
        image.id(),
        Signals.number(spec.stopSignal().isEmpty() ? imageConfig.stopSignal() : spec.stopSignal()),
        spec.logPath().toString(),
        paths(spec, MountKind.FILES),
        paths(spec, MountKind.TERMINATION_LOG).stream().findFirst().orElse(null),
        ContainerState.CREATED,
        environment.clock().now().toString(),
        null,
        null,
        0,
        "",
        spec.labels(),
        spec.annotations());
  }

  private static List<String> paths(ContainerSpec spec, MountKind kind) {
    return spec.mounts().stream()
        .filter(m -> m.kind() == kind)
        .map(m -> m.hostPath().toString())
        .toList();
  }

  /** The machine that has a container; its id begins with the machine's. */
  private Optional<Machine> machineOf(String containerId) {
    return machines.values().stream().filter(m -> containerId.startsWith(m.id())).findFirst();
  }

  private Machine requireMachineOf(String containerId) {
    return machineOf(containerId)
        .orElseThrow(() -> new RuntimeDriverException("no container " + containerId));
  }

  @Override
  public boolean sharesDirectories() {
    return false;
  }

  @Override
  public void startContainer(String containerId) {
    requireMachineOf(containerId).start(containerId);
    changed();
  }

  @Override
  public void stopContainer(String containerId, Duration grace) {
    machineOf(containerId).ifPresent(m -> m.stop(containerId, grace));
  }

  @Override
  public void removeContainer(String containerId) {
    machineOf(containerId).ifPresent(m -> m.remove(containerId));
  }

  @Override
  public List<Container> containers() {
    List<Container> all = new ArrayList<>();
    for (Machine machine : machines.values()) {
      MachineState state = machine.state();
      state.containers().forEach(held -> all.add(container(state.id(), held)));
    }
    return all;
  }

  private static Container container(String sandboxId, Held held) {
    return new Container(
        held.id(),
        sandboxId,
        held.name(),
        held.attempt(),
        held.state(),
        Instant.parse(held.createdAt()),
        instant(held.startedAt()),
        instant(held.finishedAt()),
        held.exitCode(),
        held.reason(),
        held.image(),
        held.imageId(),
        held.labels(),
        held.annotations());
  }

  private static @Nullable Instant instant(@Nullable String text) {
    return text == null ? null : Instant.parse(text);
  }

  /** Nothing to do: each record is written to whatever file has the path by then. */
  @Override
  public boolean reopenLog(String containerId) {
    return machineOf(containerId).isPresent();
  }

  /** A disk that is there at boot needs no plugging in, which works but costs a second. */
  @Override
  public boolean needsImagesAtBoot() {
    return true;
  }

  @Override
  public Exec exec(
      String containerId,
      List<String> command,
      boolean tty,
      @Nullable InputStream stdin,
      OutputStream stdout,
      @Nullable OutputStream stderr) {
    Machine machine = requireMachineOf(containerId);
    if (machine.held(containerId).state() != ContainerState.RUNNING) {
      throw new RuntimeDriverException("container is not running");
    }
    return GuestExec.start(
        machine.guest(), environment, containerId, command, tty, stdin, stdout, stderr);
  }

  @Override
  public Exec attach(
      String containerId,
      boolean tty,
      @Nullable InputStream stdin,
      OutputStream stdout,
      @Nullable OutputStream stderr) {
    if (stdin != null) {
      throw new NotSupportedException(
          "stdin", "a container in a virtual machine takes no input from outside");
    }
    return requireMachineOf(containerId).attach(containerId, stdout, stderr);
  }

  /** To the machine's address: what listens on the guest's loopback only is not reached. */
  @Override
  public Forward forward(String sandboxId, int port, InputStream in, OutputStream out) {
    Machine machine = machines.get(sandboxId);
    if (machine == null || machine.state().address().isEmpty()) {
      throw new RuntimeDriverException("the machine has no address");
    }
    return TcpForward.start(
        environment, new InetSocketAddress(machine.state().address(), port), in, out);
  }

  @Override
  public boolean boundsItself() {
    return true; // by its size, and its QEMU by a group of its own once it has booted
  }

  @Override
  public String networkDevice(String sandboxId) {
    return taps.device(sandboxId);
  }

  @Override
  public List<ContainerUsage> usage() {
    List<ContainerUsage> all = new ArrayList<>();
    for (Machine machine : machines.values()) {
      if (machine.state().phase() != Phase.READY) {
        continue;
      }
      try {
        all.addAll(machine.usage());
      } catch (RuntimeDriverException e) {
        log.info("no usage from machine id={} reason={}", machine.id(), e.getMessage());
      }
    }
    return all;
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  private void changed() {
    listeners.forEach(Runnable::run);
  }

  @Override
  public void close() {
    closed = true;
    machines.values().forEach(Machine::letGo);
  }
}
