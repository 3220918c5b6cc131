package io.berth.agent.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.Env;
import io.berth.agent.runtime.RuntimeDriver.Namespaces;
import io.berth.agent.runtime.RuntimeDriver.Placement;
import io.berth.agent.runtime.RuntimeDriver.Resources;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.runtime.RuntimeDriver.SandboxState;
import io.berth.agent.runtime.RuntimeDriver.Security;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link RuntimeDriver} keeps. A subclass gives a driver, an image that is present and
 * has a shell ({@code sh}, {@code echo}, {@code cat}, {@code sleep}), and a directory for logs that
 * lives as long as the test.
 */
public abstract class RuntimeDriverContract {
  private static final Map<String, String> LABELS = Map.of("io.kubernetes.pod.name", "contract");
  private final String uid = UUID.randomUUID().toString();

  /** The driver under test; the same for all calls in a test. */
  protected abstract RuntimeDriver driver();

  protected abstract String image();

  protected abstract Path logDirectory();

  /** How long starting a sandbox or a container may take. */
  protected Duration patience() {
    return Duration.ofSeconds(20);
  }

  @AfterEach
  void removeAll() {
    for (Sandbox sandbox : mine()) {
      driver().stopSandbox(sandbox.id());
      driver().removeSandbox(sandbox.id());
    }
  }

  @Test
  void aSandboxIsReadyAndIsFoundWithItsLabels() {
    ContainerSpec container = container("main", 0, "sleep 3600");
    Sandbox made = driver().runSandbox(sandbox(0, container));
    assertThat(made.state()).isEqualTo(SandboxState.READY);
    assertThat(made.ips()).isNotEmpty();
    Sandbox found = mine().getFirst();
    assertThat(found.id()).isEqualTo(made.id());
    assertThat(found.state()).isEqualTo(SandboxState.READY);
    assertThat(found.ips()).isEqualTo(made.ips());
    assertThat(found.uid()).isEqualTo(uid);
    assertThat(found.name()).isEqualTo("contract");
    assertThat(found.namespace()).isEqualTo("default");
    assertThat(found.attempt()).isZero();
    assertThat(found.labels()).containsAllEntriesOf(LABELS);
    assertThat(found.annotations()).containsEntry("note", "sandbox");
  }

  @Test
  void aContainerRunsAndIsFoundWithItsLabels() {
    String id = start("main", "sleep 3600");
    await(() -> state(id) == ContainerState.RUNNING);
    Container found = find(id);
    assertThat(found.name()).isEqualTo("main");
    assertThat(found.attempt()).isZero();
    assertThat(found.startedAt()).isNotNull();
    assertThat(found.finishedAt()).isNull();
    assertThat(found.labels()).containsAllEntriesOf(LABELS);
    assertThat(found.annotations()).containsEntry("note", "container");
    assertThat(found.sandboxId()).isEqualTo(mine().getFirst().id());
  }

  @Test
  void anExitIsSeenWithItsCodeAndToldToTheListener() throws Exception {
    Semaphore told = new Semaphore(0);
    driver().onChange(told::release);
    String id = start("main", "sleep 0.3; exit 7");
    assertThat(told.tryAcquire(patience().toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    await(() -> state(id) == ContainerState.EXITED);
    assertThat(find(id).exitCode()).isEqualTo(7);
    assertThat(find(id).finishedAt()).isNotNull();
  }

  @Test
  void theOutputGoesToTheLogInTheCriFormat() {
    ContainerSpec spec = container("main", 0, "echo out; echo err >&2; exit 0");
    String id = start(spec);
    await(() -> state(id) == ContainerState.EXITED);
    await(() -> lines(spec.logPath()).size() >= 2);
    assertThat(lines(spec.logPath()))
        .anyMatch(line -> line.matches("\\S+ stdout F out"))
        .anyMatch(line -> line.matches("\\S+ stderr F err"));
  }

  @Test
  void stoppingSendsSigtermAndThenSigkill() {
    String id = start("main", "trap '' TERM; sleep 3600; sleep 3600");
    await(() -> state(id) == ContainerState.RUNNING);
    settle(id);
    driver().stopContainer(id, Duration.ofSeconds(1));
    await(() -> state(id) == ContainerState.EXITED);
    assertThat(find(id).exitCode()).isIn(137, 143);
  }

  @Test
  void stoppingAndRemovingWhatIsGoneIsNoError() {
    String id = start("main", "sleep 3600");
    String sandbox = find(id).sandboxId();
    driver().stopContainer(id, Duration.ZERO);
    driver().stopContainer(id, Duration.ZERO);
    driver().removeContainer(id);
    driver().removeContainer(id);
    assertThat(driver().containers()).noneMatch(container -> container.id().equals(id));
    driver().stopSandbox(sandbox);
    driver().stopSandbox(sandbox);
    assertThat(mine()).allMatch(found -> found.state() == SandboxState.NOT_READY);
    driver().removeSandbox(sandbox);
    driver().removeSandbox(sandbox);
    assertThat(mine()).isEmpty();
  }

  @Test
  void aSecondAttemptRunsBesideTheFirstOnesRemains() {
    ContainerSpec first = container("main", 0, "exit 1");
    ContainerSpec second = container("main", 1, "sleep 3600");
    Sandbox made = driver().runSandbox(sandbox(0, first));
    String one = driver().createContainer(made.id(), first);
    driver().startContainer(one);
    await(() -> state(one) == ContainerState.EXITED);
    String two = driver().createContainer(made.id(), second);
    driver().startContainer(two);
    await(() -> state(two) == ContainerState.RUNNING);
    assertThat(find(one).exitCode()).isEqualTo(1);
    assertThat(find(two).attempt()).isEqualTo(1);
  }

  @Test
  void execPassesStreamsAndExitCode() throws Exception {
    String id = start("main", "sleep 3600");
    settle(id);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try (RuntimeDriver.Exec exec =
        driver()
            .exec(
                id, List.of("sh", "-c", "echo out; echo err >&2; exit 3"), false, null, out, err)) {
      assertThat(exec.waitFor()).isEqualTo(3);
    }
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("out\n");
    assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("err\n");
  }

  @Test
  void execPassesInputAndItsEnd() throws Exception {
    String id = start("main", "sleep 3600");
    settle(id);
    byte[] text = "line\n".repeat(5_000).getBytes(StandardCharsets.UTF_8);
    InputStream in = new ByteArrayInputStream(text);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (RuntimeDriver.Exec exec =
        driver().exec(id, List.of("cat"), false, in, out, new ByteArrayOutputStream())) {
      assertThat(exec.waitFor()).isZero();
    }
    assertThat(out.toByteArray()).isEqualTo(text);
  }

  @Test
  void usageNamesRunningContainers() {
    String id = start("main", "sleep 3600");
    await(() -> driver().usage().stream().anyMatch(usage -> usage.containerId().equals(id)));
    assertThat(driver().usage())
        .filteredOn(usage -> usage.containerId().equals(id))
        .allSatisfy(usage -> assertThat(usage.memoryBytes()).isPositive());
  }

  @Test
  void aMissingImageIsAnErrorThatNamesIt() {
    ContainerSpec present = container("main", 0, "sleep 3600");
    Sandbox made = driver().runSandbox(sandbox(0, present));
    ContainerSpec spec =
        new ContainerSpec(
            "other",
            0,
            "registry.invalid/none:1",
            "",
            List.of("true"),
            List.of(),
            "",
            List.of(),
            List.of(),
            Resources.NONE,
            Security.DEFAULT,
            false,
            false,
            false,
            "",
            "",
            logDirectory().resolve(uid).resolve("other").resolve("0.log"),
            LABELS,
            Map.of());
    assertThatThrownBy(() -> driver().createContainer(made.id(), spec))
        .isInstanceOf(RuntimeDriverException.class)
        .hasMessageContaining("registry.invalid/none:1");
  }

  @Test
  void itIsHealthyAndSaysItsVersion() {
    assertThat(driver().health()).isNull();
    assertThat(driver().version()).contains("://");
  }

  private String start(String name, String script) {
    return start(container(name, 0, script));
  }

  private String start(ContainerSpec spec) {
    Sandbox made = driver().runSandbox(sandbox(0, spec));
    String id = driver().createContainer(made.id(), spec);
    driver().startContainer(id);
    return id;
  }

  /** A shell needs a moment until its traps are set: an exec comes after it. */
  private void settle(String id) {
    await(
        () -> {
          try (RuntimeDriver.Exec exec =
              driver()
                  .exec(
                      id,
                      List.of("true"),
                      false,
                      null,
                      new ByteArrayOutputStream(),
                      new ByteArrayOutputStream())) {
            return exec.waitFor() == 0;
          } catch (RuntimeDriverException e) {
            return false;
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  protected SandboxSpec sandbox(int attempt, ContainerSpec... containers) {
    return new SandboxSpec(
        "default",
        "contract",
        uid,
        attempt,
        "contract",
        Namespaces.OWN,
        logDirectory().resolve(uid),
        null,
        List.of(containers),
        Resources.NONE,
        Placement.NONE,
        LABELS,
        Map.of("note", "sandbox"));
  }

  protected ContainerSpec container(String name, int attempt, String script) {
    return new ContainerSpec(
        name,
        attempt,
        image(),
        "",
        List.of("sh", "-c"),
        List.of(script),
        "",
        List.of(new Env("GREETING", "hello")),
        List.of(),
        Resources.NONE,
        Security.DEFAULT,
        false,
        false,
        false,
        "",
        "",
        logDirectory().resolve(uid).resolve(name).resolve(attempt + ".log"),
        LABELS,
        Map.of("note", "container"));
  }

  private List<Sandbox> mine() {
    return driver().sandboxes().stream().filter(sandbox -> sandbox.uid().equals(uid)).toList();
  }

  private Container find(String id) {
    return driver().containers().stream()
        .filter(container -> container.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private ContainerState state(String id) {
    return find(id).state();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.exists(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Looks until the condition holds, or fails when {@link #patience} is over. */
  protected void await(BooleanSupplier condition) {
    long end = System.nanoTime() + patience().toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
    }
  }
}
