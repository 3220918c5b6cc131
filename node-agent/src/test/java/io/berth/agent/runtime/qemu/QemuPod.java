package io.berth.agent.runtime.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.Dns;
import io.berth.agent.runtime.RuntimeDriver.Exec;
import io.berth.agent.runtime.RuntimeDriver.Mount;
import io.berth.agent.runtime.RuntimeDriver.MountKind;
import io.berth.agent.runtime.RuntimeDriver.Namespaces;
import io.berth.agent.runtime.RuntimeDriver.Placement;
import io.berth.agent.runtime.RuntimeDriver.Resources;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.runtime.RuntimeDriver.Security;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A machine in a test, and short words for what is done with it. */
final class QemuPod {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  final QemuBench bench;
  final Sandbox sandbox;
  private int made;

  QemuPod(QemuBench bench, String name, ContainerSpec... containers) {
    this(bench, name, Namespaces.OWN, containers);
  }

  QemuPod(QemuBench bench, String name, Namespaces namespaces, ContainerSpec... containers) {
    this.bench = bench;
    this.sandbox = bench.driver.runSandbox(sandboxSpec(bench, name, namespaces, containers));
  }

  static SandboxSpec sandboxSpec(
      QemuBench bench, String name, Namespaces namespaces, ContainerSpec... containers) {
    return new SandboxSpec(
        "default",
        name,
        "uid-" + name,
        0,
        name,
        namespaces,
        bench.directory.resolve("logs"),
        new Dns(List.of("10.96.0.10"), List.of("default.svc.cluster.local"), List.of("ndots:5")),
        List.of(containers),
        Resources.NONE,
        Placement.NONE,
        Map.of(),
        Map.of());
  }

  /** A container specification with what a test cares for. */
  static ContainerSpec spec(
      QemuBench bench,
      String name,
      String image,
      @Nullable String script,
      List<Mount> mounts,
      Resources resources,
      Security security) {
    return new ContainerSpec(
        name,
        0,
        image,
        "",
        script == null ? List.of() : List.of("sh", "-c", script),
        List.of(),
        "",
        List.of(),
        mounts,
        resources,
        security,
        false,
        false,
        false,
        "",
        "",
        bench.directory.resolve("logs").resolve(name + ".log"),
        Map.of(),
        Map.of());
  }

  ContainerSpec plain(@Nullable String script, Mount... mounts) {
    return spec(
        bench,
        nextName(),
        QemuBench.IMAGE,
        script,
        List.of(mounts),
        Resources.NONE,
        Security.DEFAULT);
  }

  String nextName() {
    return "c" + made++;
  }

  static Mount mount(MountKind kind, String volume, Path hostPath, String containerPath) {
    return new Mount(kind, volume, hostPath, containerPath, false, false, "spec.volumes[0]");
  }

  String start(ContainerSpec spec) {
    String id = bench.driver.createContainer(sandbox.id(), spec);
    bench.driver.startContainer(id);
    return id;
  }

  String startSleeper() {
    return start(plain("exec sleep 3600"));
  }

  Container find(String id) {
    return bench.driver.containers().stream()
        .filter(c -> c.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  Container awaitExit(String id) {
    await(() -> find(id).state() == ContainerState.EXITED);
    return find(id);
  }

  /** Runs a script to its end in a new container and returns its log's text. */
  String outputOf(ContainerSpec spec) {
    awaitExit(start(spec));
    return text(spec);
  }

  static String text(ContainerSpec spec) {
    return String.join("\n", lines(spec));
  }

  /** The log's lines, without times and streams. */
  static List<String> lines(ContainerSpec spec) {
    try {
      if (!Files.exists(spec.logPath())) {
        return List.of();
      }
      return Files.readAllLines(spec.logPath()).stream().map(l -> l.split(" ", 4)[3]).toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a command printed, both streams together. */
  String exec(String id, String script) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Exec exec = bench.driver.exec(id, List.of("sh", "-c", script), false, null, out, out)) {
      exec.waitFor();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  byte[] pipeThroughCat(String id, byte[] bytes) throws InterruptedException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Exec exec =
        bench.driver.exec(id, List.of("cat"), false, new ByteArrayInputStream(bytes), out, out)) {
      assertThat(exec.waitFor()).isZero();
    }
    return out.toByteArray();
  }

  static void await(Callable<Boolean> condition) {
    await(condition, () -> "in time");
  }

  /**
   * @param state what a failure is to tell beside its time
   */
  static void await(Callable<Boolean> condition, Supplier<String> state) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (!condition.call()) {
        assertThat(System.nanoTime()).as(state).isLessThan(end);
        LockSupport.parkNanos(20_000_000);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
