package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.NotSupportedException;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.Dns;
import io.berth.agent.runtime.RuntimeDriver.Namespaces;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.runtime.qemu.MachineState.Phase;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a machine for a pod and boots it; what was made is taken back where that fails. */
final class MachineLauncher {
  /** Tells an agent that comes later that the containers see the machine\'s processes. */
  static final String SHARED_PROCESSES = "berth.io/shared-processes";

  /** Tells an agent that comes later the pod's control group. */
  static final String CGROUP = "berth.io/cgroup-parent";

  private static final Logger log = LoggerFactory.getLogger(MachineLauncher.class);
  private static final Duration BOOT = Duration.ofSeconds(60);

  private final QemuConfig config;
  private final Environment environment;
  private final MachineDirectory directory;
  private final ImageDisks disks;
  private final ImageStore images;
  private final TapPort taps;
  private volatile boolean sandboxed = true;

  MachineLauncher(
      QemuConfig config,
      Environment environment,
      MachineDirectory directory,
      ImageDisks disks,
      ImageStore images,
      TapPort taps) {
    this.config = config;
    this.environment = environment;
    this.directory = directory;
    this.disks = disks;
    this.images = images;
    this.taps = taps;
  }

  /** What every machine boots with. */
  record Platform(GuestKernel kernel, Path initialRoot, Accelerator accelerator) {}

  /**
   * Boots a machine and waits until its guest has its address.
   *
   * @throws NotSupportedException a field that a machine cannot honour
   * @throws RuntimeDriverException it did not boot
   */
  Machine launch(SandboxSpec spec, Platform platform, Runnable changed) {
    check(spec);
    long began = environment.clock().nanos();
    String id = HexFormat.of().toHexDigits(environment.random().nextLong(), 12);
    List<ImageDisks.Disk> imageDisks = new ArrayList<>();
    int spares = imageDisks(spec, imageDisks) + 1;
    Machine machine =
        new Machine(environment, directory, initialState(id, spec, imageDisks, spares), changed);
    directory.save(machine.state());
    try {
      TapPort.Tap tap = taps.attach(id);
      disks.scratch(directory.scratch(id), config.scratchBytes());
      QemuCommand command = command(id, spec, platform, imageDisks, spares, tap);
      ProcessIdentity process = start(command, directory.qemuOutput(id));
      machine.update(s -> s.withProcess(process));
      MachineCgroup cgroup = cgroup(machine);
      cgroup.join(process.pid(), spec.resources().cpuRequestMillis());
      machine.connect(BOOT);
      machine.guest().request(GuestMessage.SETUP, setup(spec, tap));
      machine.update(s -> s.ready(tap.address()));
      cgroup.limit(quota(spec));
    } catch (RuntimeException e) {
      throw failed(machine, e);
    }
    long millis = (environment.clock().nanos() - began) / 1_000_000;
    log.info(
        "machine booted id={} pod={}/{} accelerator={} millis={}",
        id,
        spec.namespace(),
        spec.name(),
        platform.accelerator(),
        millis);
    return machine;
  }

  private static void check(SandboxSpec spec) {
    Namespaces namespaces = spec.namespaces();
    if (namespaces.hostNetwork()) {
      throw new NotSupportedException(
          "spec.hostNetwork", "a virtual machine has a network of its own");
    }
    if (namespaces.hostPid() || namespaces.hostIpc()) {
      throw new NotSupportedException(
          namespaces.hostPid() ? "spec.hostPID" : "spec.hostIPC",
          "a virtual machine has a kernel of its own");
    }
    spec.containers().forEach(StartRequest::check);
  }

  /** Disks for the images that the node has already; returns how many it has not. */
  private int imageDisks(SandboxSpec spec, List<ImageDisks.Disk> found) {
    Set<String> references = new LinkedHashSet<>();
    for (ContainerSpec container : spec.containers()) {
      references.add(container.image());
    }
    int missing = 0;
    for (String reference : references) {
      Optional<ImageStore.Image> image = images.find(reference);
      if (image.isEmpty()) {
        missing++;
      } else if (found.stream()
          .noneMatch(d -> d.serial().equals(ImageDisks.serialOf(image.get().id())))) {
        found.add(disks.disk(image.get()));
      }
    }
    return missing;
  }

  private MachineState initialState(
      String id, SandboxSpec spec, List<ImageDisks.Disk> imageDisks, int spares) {
    return new MachineState(
        MachineState.VERSION,
        id,
        spec.namespace(),
        spec.name(),
        spec.uid(),
        spec.attempt(),
        spec.hostname(),
        environment.clock().now().toString(),
        Phase.BOOTING,
        "",
        0,
        0,
        imageDisks.stream().map(ImageDisks.Disk::serial).toList(),
        spares,
        0,
        spec.labels(),
        annotations(spec),
        List.of());
  }

  private QemuCommand command(
      String id,
      SandboxSpec spec,
      Platform platform,
      List<ImageDisks.Disk> imageDisks,
      int sparePorts,
      TapPort.Tap tap) {
    return new QemuCommand(
        config.binary(),
        "berth-" + spec.namespace() + "-" + spec.name(),
        platform.accelerator(),
        MachineSize.of(spec),
        platform.kernel().image(),
        platform.initialRoot(),
        directory.console(id),
        directory.qmpSocket(id),
        directory.agentSocket(id),
        directory.scratch(id),
        imageDisks,
        sparePorts,
        tap,
        sandboxed);
  }

  private ProcessIdentity start(QemuCommand command, Path output) {
    try {
      return QemuProcess.start(command, output);
    } catch (RuntimeDriverException e) {
      String message = String.valueOf(e.getMessage());
      if (!command.sandboxed() || !(message.contains("seccomp") || message.contains("sandbox"))) {
        throw e;
      }
      log.warn("qemu runs without its system call filter reason={}", message);
      sandboxed = false;
      return QemuProcess.start(command.unsandboxed(), output);
    }
  }

  MachineCgroup cgroup(Machine machine) {
    String parent =
        machine.state().annotations().getOrDefault(CGROUP, "/berth-" + config.nodeName());
    return new MachineCgroup(config.cgroupRoot(), parent, machine.id());
  }

  /** A tenth of a CPU for QEMU itself, which its runtime class's overhead counts as well. */
  private static long quota(SandboxSpec spec) {
    long limit = spec.resources().cpuLimitMillis();
    return limit == 0 ? 0 : limit + 100;
  }

  private static Map<String, String> annotations(SandboxSpec spec) {
    Map<String, String> all = new HashMap<>(spec.annotations());
    if (!spec.placement().cgroup().isEmpty()) {
      all.put(CGROUP, spec.placement().cgroup());
    }
    if (spec.namespaces().sharedProcesses()) {
      all.put(SHARED_PROCESSES, "true");
    }
    return all;
  }

  private static Payload setup(SandboxSpec spec, TapPort.Tap tap) {
    String hosts =
        "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n%s\t%s\n"
            .formatted(tap.address(), spec.hostname());
    return new Payload()
        .str(spec.hostname())
        .str(tap.address())
        .u32(tap.prefixLength())
        .str(tap.gateway())
        .u32(tap.mtu())
        .str(resolver(spec.dns()))
        .str(hosts)
        .strs(parameters(spec.namespaces().sysctls()));
  }

  /** A slash in a dotted name is a dot of its part. */
  private static List<String> parameters(Map<String, String> sysctls) {
    List<String> parameters = new ArrayList<>();
    sysctls.forEach(
        (name, value) -> {
          StringBuilder path = new StringBuilder();
          name.chars().forEach(c -> path.append(c == '.' ? '/' : c == '/' ? '.' : (char) c));
          parameters.add(path + "=" + value);
        });
    return parameters;
  }

  private static String resolver(@Nullable Dns dns) {
    if (dns == null) {
      try {
        return Files.readString(Path.of("/etc/resolv.conf"));
      } catch (IOException e) {
        return "";
      }
    }
    StringBuilder text = new StringBuilder();
    dns.servers().forEach(server -> text.append("nameserver ").append(server).append('\n'));
    if (!dns.searches().isEmpty()) {
      text.append("search ").append(String.join(" ", dns.searches())).append('\n');
    }
    if (!dns.options().isEmpty()) {
      text.append("options ").append(String.join(" ", dns.options())).append('\n');
    }
    return text.toString();
  }

  private RuntimeDriverException failed(Machine machine, RuntimeException cause) {
    List<String> console = new ArrayList<>(directory.lastConsoleLines(machine.id(), 5));
    String said = QemuProcess.said(directory.qemuOutput(machine.id()));
    if (!said.isEmpty()) {
      console.addFirst(said);
    }
    release(machine);
    directory.delete(machine.id());
    if (cause instanceof RuntimeDriverException e && console.isEmpty()) {
      return e;
    }
    return new RuntimeDriverException(
        "the machine did not start: "
            + cause.getMessage()
            + (console.isEmpty() ? "" : "; console: " + String.join(" | ", console)),
        cause);
  }

  /** Ends the machine and gives back what it held of the node. Idempotent. */
  void release(Machine machine) {
    machine.end();
    taps.release(machine.id());
    cgroup(machine).remove();
    directory.deleteRuntime(machine.id());
  }

  /**
   * Plugs an image's disk into a running machine, where it has a spare place left.
   *
   * @throws RuntimeDriverException it has none
   */
  void plug(Machine machine, ImageDisks.Disk disk) {
    MachineState state = machine.state();
    HotPlug.plug(directory.qmpSocket(state.id()), disk, state.spareUsed(), state.spares());
    machine.update(s -> s.withDisk(disk.serial()));
  }
}
