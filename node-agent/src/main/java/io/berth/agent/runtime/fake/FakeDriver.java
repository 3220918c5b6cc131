package io.berth.agent.runtime.fake;

import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.runtime.TcpForward;
import io.berth.api.time.Environment;
import io.berth.api.time.SimulatedEnvironment;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A driver that runs nothing and remembers everything, with faults on demand. It outlives the agent
 * that uses it as a real runtime does: give the same one to the next. What a container does follows
 * from its command (see {@link FakeShell}) unless {@link #script} says otherwise. Under simulated
 * time no call blocks: a container that ignores SIGTERM ends after its grace period, by a timer.
 * Safe for use by many threads.
 */
public final class FakeDriver implements RuntimeDriver {
  private final String name;
  private final Environment environment;
  private final ImageStore images;
  private final FakeRuntimeFaults faults;
  private final Map<String, FakeSandbox> sandboxes = new TreeMap<>();
  private final Map<String, FakeContainer> containers = new TreeMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private Function<ContainerSpec, @Nullable FakeProcess> script = spec -> null;
  private Set<Feature> features = Set.of();
  private int sequence;

  public FakeDriver(String name, Environment environment, ImageStore images) {
    this.name = name;
    this.environment = environment;
    this.images = images;
    this.faults = new FakeRuntimeFaults(environment);
  }

  public FakeRuntimeFaults faults() {
    return faults;
  }

  /** Says what containers do; null leaves it to the command. */
  public synchronized void script(Function<ContainerSpec, @Nullable FakeProcess> script) {
    this.script = script;
  }

  // What befalls workloads from outside.

  /** Ends a running container by itself. */
  public void exit(String containerId, int code) {
    end(containerId, code, "");
  }

  /** Ends a sandbox and all in it, as when somebody killed the machine or the pause process. */
  public void lose(String sandboxId) {
    endSandbox(sandboxId);
  }

  /** The containers that there are, past all faults. */
  public synchronized List<Container> present() {
    return containers.values().stream().map(FakeContainer::view).toList();
  }

  /** The sandboxes that there are, past all faults. */
  public synchronized List<Sandbox> presentSandboxes() {
    return sandboxes.values().stream().map(FakeSandbox::view).toList();
  }

  /** Says what it can do. */
  public synchronized void features(Set<Feature> features) {
    this.features = Set.copyOf(features);
  }

  @Override
  public synchronized Set<Feature> features() {
    return features;
  }

  /** What the sandboxes were made from. */
  public synchronized List<SandboxSpec> specs() {
    return sandboxes.values().stream().map(FakeSandbox::spec).toList();
  }

  /** What the newest container of that name was made from. */
  public synchronized ContainerSpec spec(String container) {
    return containers.values().stream()
        .map(FakeContainer::spec)
        .filter(spec -> spec.name().equals(container))
        .reduce((older, newer) -> newer)
        .orElseThrow();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String version() {
    return name + "://1.0.0";
  }

  @Override
  public @Nullable String health() {
    return faults.health();
  }

  @Override
  public Sandbox runSandbox(SandboxSpec spec) {
    faults.before("runSandbox");
    faults.record("runSandbox " + spec.name() + " " + spec.attempt());
    Sandbox made;
    synchronized (this) {
      for (FakeSandbox other : sandboxes.values()) {
        if (other.spec().uid().equals(spec.uid()) && other.spec().attempt() == spec.attempt()) {
          throw new RuntimeDriverException("name is reserved for " + other.id());
        }
      }
      String id = id("sandbox");
      String ip = "10.244." + sequence / 250 + "." + (sequence % 250 + 2);
      FakeSandbox sandbox = new FakeSandbox(id, spec, ip, environment.clock().now());
      sandboxes.put(id, sandbox);
      made = sandbox.view();
    }
    faults.after("runSandbox");
    return made;
  }

  @Override
  public void stopSandbox(String sandboxId) {
    faults.before("stopSandbox");
    faults.record("stopSandbox " + sandboxId);
    endSandbox(sandboxId);
    faults.after("stopSandbox");
  }

  private void endSandbox(String sandboxId) {
    List<String> running = new ArrayList<>();
    synchronized (this) {
      FakeSandbox sandbox = sandboxes.get(sandboxId);
      if (sandbox == null) {
        return;
      }
      sandbox.stop();
      containers.forEach(
          (id, container) -> {
            if (container.sandboxId().equals(sandboxId)) {
              running.add(id);
            }
          });
    }
    running.forEach(id -> end(id, 137, ""));
    changed();
  }

  @Override
  public void removeSandbox(String sandboxId) {
    faults.before("removeSandbox");
    faults.record("removeSandbox " + sandboxId);
    endSandbox(sandboxId);
    synchronized (this) {
      sandboxes.remove(sandboxId);
      containers.values().removeIf(container -> container.sandboxId().equals(sandboxId));
    }
    faults.after("removeSandbox");
  }

  @Override
  public synchronized List<Sandbox> sandboxes() {
    faults.before("sandboxes");
    return sandboxes.values().stream().map(FakeSandbox::view).toList();
  }

  @Override
  public String createContainer(String sandboxId, ContainerSpec spec) {
    faults.before("createContainer");
    faults.record("createContainer " + spec.name() + " " + spec.attempt());
    String id;
    synchronized (this) {
      FakeSandbox sandbox = sandboxes.get(sandboxId);
      if (sandbox == null || sandbox.state() != SandboxState.READY) {
        throw new RuntimeDriverException("sandbox " + sandboxId + " is not running");
      }
      for (FakeContainer other : containers.values()) {
        boolean sameName = other.spec().name().equals(spec.name());
        boolean samePod = other.sandboxId().equals(sandboxId);
        if (samePod && sameName && other.spec().attempt() == spec.attempt()) {
          throw new RuntimeDriverException("name is reserved for " + other.id());
        }
      }
      String imageId =
          images
              .find(spec.image())
              .orElseThrow(() -> new RuntimeDriverException("no such image: " + spec.image()))
              .id();
      id = id("container");
      containers.put(
          id, new FakeContainer(id, sandboxId, spec, imageId, environment.clock().now()));
    }
    faults.after("createContainer");
    return id;
  }

  @Override
  public boolean sharesDirectories() {
    return false;
  }

  @Override
  public void startContainer(String containerId) {
    faults.before("startContainer");
    faults.record("startContainer " + containerId);
    FakeProcess process;
    synchronized (this) {
      FakeContainer container = container(containerId);
      List<String> argv = new ArrayList<>(container.spec().command());
      argv.addAll(container.spec().args());
      FakeProcess scripted = script.apply(container.spec());
      process = scripted == null ? FakeShell.run(argv).process() : scripted;
      container.start(process, environment.clock().now());
    }
    Duration runsFor = process.runsFor();
    if (runsFor != null) {
      environment.timers().after(runsFor, () -> end(containerId, process.exitCode(), ""));
    }
    faults.after("startContainer");
  }

  @Override
  public void stopContainer(String containerId, Duration grace) {
    faults.before("stopContainer");
    faults.record("stopContainer " + containerId + " " + grace.toSeconds());
    FakeContainer container;
    synchronized (this) {
      container = containers.get(containerId);
    }
    if (container == null || container.state() != ContainerState.RUNNING) {
      return;
    }
    boolean stubborn = container.process().ignoresTerm() && grace.isPositive();
    if (!stubborn) {
      end(containerId, container.process().ignoresTerm() ? 137 : 143, "");
    } else {
      environment.timers().after(grace, () -> end(containerId, 137, ""));
      if (!(environment instanceof SimulatedEnvironment)) {
        container.awaitEnd();
      }
    }
    faults.after("stopContainer");
  }

  @Override
  public void removeContainer(String containerId) {
    faults.before("removeContainer");
    faults.record("removeContainer " + containerId);
    end(containerId, 137, "");
    synchronized (this) {
      containers.remove(containerId);
    }
    faults.after("removeContainer");
  }

  @Override
  public synchronized List<Container> containers() {
    faults.before("containers");
    return containers.values().stream().map(FakeContainer::view).toList();
  }

  @Override
  public Exec exec(
      String containerId,
      List<String> command,
      boolean tty,
      @Nullable InputStream stdin,
      OutputStream stdout,
      @Nullable OutputStream stderr) {
    faults.before("exec");
    if (container(containerId).state() != ContainerState.RUNNING) {
      throw new RuntimeDriverException("container " + containerId + " is not running");
    }
    return new FakeExec(environment, FakeShell.run(command), tty, stdin, stdout, stderr);
  }

  /** What the container's command does with its input it does with the client's. */
  @Override
  public Exec attach(
      String containerId,
      boolean tty,
      @Nullable InputStream stdin,
      OutputStream stdout,
      @Nullable OutputStream stderr) {
    faults.before("attach");
    FakeContainer container = container(containerId);
    if (container.state() != ContainerState.RUNNING) {
      throw new RuntimeDriverException("container " + containerId + " is not running");
    }
    List<String> argv = new ArrayList<>(container.spec().command());
    argv.addAll(container.spec().args());
    boolean copies = FakeShell.run(argv).copiesInput();
    return FakeAttachment.start(environment, container, copies ? stdin : null, stdout);
  }

  /** To a server on this machine's loopback. */
  @Override
  public Forward forward(String sandboxId, int port, InputStream in, OutputStream out) {
    faults.before("forward");
    return TcpForward.start(
        environment, new InetSocketAddress(InetAddress.getLoopbackAddress(), port), in, out);
  }

  @Override
  public synchronized List<ContainerUsage> usage() {
    faults.before("usage");
    return containers.values().stream()
        .filter(container -> container.state() == ContainerState.RUNNING)
        .map(container -> container.usage(environment.clock().now()))
        .toList();
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  /** Drops the listeners of the agent that goes; everything else stays for the next one. */
  @Override
  public void close() {
    listeners.clear();
  }

  private synchronized FakeContainer container(String id) {
    FakeContainer container = containers.get(id);
    if (container == null) {
      throw new RuntimeDriverException("no such container: " + id);
    }
    return container;
  }

  private void end(String containerId, int code, String reason) {
    synchronized (this) {
      FakeContainer container = containers.get(containerId);
      if (container == null || !container.end(code, reason, environment.clock().now())) {
        return;
      }
    }
    changed();
  }

  private void changed() {
    listeners.forEach(environment.executor()::execute);
  }

  private String id(String kind) {
    return String.format("%s-%s-%06d", name, kind, ++sequence);
  }
}
