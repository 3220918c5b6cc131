package io.berth.agent.runtime.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.Exec;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.runtime.RuntimeDriverException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** The driver against a real containerd: what the contract of all drivers does not say. */
@Tag("real")
@Timeout(60)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CriDriverTest {
  @SuppressWarnings("NullAway.Init")
  private static TestingNode node;

  @SuppressWarnings("NullAway.Init")
  private static Sandbox sandbox;

  @SuppressWarnings("NullAway.Init")
  private static SandboxSpec sandboxSpec;

  @SuppressWarnings("NullAway.Init")
  private static String container;

  @BeforeAll
  static void start() throws Exception {
    node = new TestingNode("cri-driver", "10.213.1.0/24");
    sandboxSpec = node.sandbox("shared");
    sandbox = node.driver.runSandbox(sandboxSpec);
    container = node.start(sandbox, node.container(sandboxSpec, "main", "sleep", "10000"));
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  private record Outcome(int exitCode, String stdout, String stderr) {}

  private static Outcome exec(InputStream stdin, String... command) throws InterruptedException {
    ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    try (Exec exec = node.driver.exec(container, List.of(command), false, stdin, stdout, stderr)) {
      int code = exec.waitFor();
      return new Outcome(
          code, stdout.toString(StandardCharsets.UTF_8), stderr.toString(StandardCharsets.UTF_8));
    }
  }

  private static InputStream input(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void reportsHealthAndVersion() {
    assertThat(node.driver.health()).isNull();
    assertThat(node.driver.version()).startsWith("containerd://1.");
  }

  @Test
  void aCommandsStreamsAreApartAndItsExitCodeComes() throws Exception {
    assertThat(exec(input(""), "sh", "-c", "echo out; echo err >&2; exit 7"))
        .isEqualTo(new Outcome(7, "out\n", "err\n"));
  }

  @Test
  void theEndOfTheInputReachesTheCommand() throws Exception {
    assertThat(exec(input("some\ntext"), "cat")).isEqualTo(new Outcome(0, "some\ntext", ""));
  }

  @Test
  void muchDataPassesWhole() throws Exception {
    String text = "0123456789abcdef".repeat(256 * 1024);
    assertThat(exec(input(text), "cat").stdout()).isEqualTo(text);
  }

  @Test
  void aMissingCommandIsAnError() {
    assertThatThrownBy(() -> exec(input(""), "no-such-command"))
        .isInstanceOf(RuntimeDriverException.class)
        .hasMessageContaining("no-such-command");
  }

  @Test
  void aTerminalHasTheSizeItIsGiven() throws Exception {
    ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    String script = "while [ \"$(stty size)\" != '33 77' ]; do :; done; echo sized";
    try (PipedInputStream open = new PipedInputStream(new PipedOutputStream());
        Exec exec =
            node.driver.exec(container, List.of("sh", "-c", script), true, open, stdout, null)) {
      exec.resize(77, 33);
      assertThat(exec.waitFor()).isZero();
    }
    assertThat(stdout.toString(StandardCharsets.UTF_8)).endsWith("sized\r\n");
  }

  @Test
  void closingACommandEndsItAndNothingElse() throws Exception {
    Exec exec =
        node.driver.exec(
            container,
            List.of("sh", "-c", "echo $$ > /tmp/pid; exec sleep 9999"),
            false,
            null,
            new ByteArrayOutputStream(),
            new ByteArrayOutputStream());
    while (exec(input(""), "cat", "/tmp/pid").exitCode() != 0) {}
    exec.close();
    assertThat(
            exec(
                    input(""),
                    "sh",
                    "-c",
                    "i=0; while kill -0 $(cat /tmp/pid) && [ $i -lt 500 ]; do i=$((i+1)); sleep 0.01; done; kill -0 $(cat /tmp/pid)")
                .exitCode())
        .isEqualTo(1);
    assertThat(state(container).state()).isEqualTo(ContainerState.RUNNING);
  }

  @Test
  void aChangeIsToldAndShowsByThen() throws Exception {
    Semaphore changes = new Semaphore(0);
    node.driver.onChange(changes::release);
    String id = node.start(sandbox, node.container(sandboxSpec, "short", "sh", "-c", "exit 3"));
    Container ended = state(id);
    while (ended.state() != ContainerState.EXITED) {
      assertThat(changes.tryAcquire(5, TimeUnit.SECONDS)).isTrue();
      ended = state(id);
    }
    assertThat(ended.exitCode()).isEqualTo(3);
    assertThat(ended.reason()).isEmpty();
    node.driver.removeContainer(id);
  }

  @Test
  void outputGoesToTheLogInTheRuntimesFormat() throws Exception {
    var spec = node.container(sandboxSpec, "logs", "sh", "-c", "echo one; echo two >&2");
    String id = node.start(sandbox, spec);
    while (state(id).state() != ContainerState.EXITED) {}
    assertThat(Files.readString(spec.logPath()))
        .contains(" stdout F one\n")
        .contains(" stderr F two\n");
  }

  /**
   * The last: while the runtime comes back, its events are not heard, and the other tests need
   * them.
   */
  @Test
  @Order(Integer.MAX_VALUE)
  void aContainerSurvivesTheDeathOfContainerd() throws Exception {
    long pid = containerdPid();
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    long started = System.nanoTime();
    while (node.driver.health() == null) {}
    while (node.driver.health() != null) {
      assertThat(System.nanoTime() - started).isLessThan(TimeUnit.SECONDS.toNanos(20));
    }
    assertThat(state(container).state()).isEqualTo(ContainerState.RUNNING);
    assertThat(exec(input("x"), "cat").stdout()).isEqualTo("x");
  }

  @Test
  void stoppingWaitsForTheGracePeriodAndKills() throws Exception {
    String id =
        node.start(
            sandbox, node.container(sandboxSpec, "deaf", "sh", "-c", "trap '' TERM; sleep 1000"));
    node.driver.stopContainer(id, Duration.ofSeconds(1));
    assertThat(state(id).exitCode()).isEqualTo(137);
    node.driver.stopContainer(id, Duration.ofSeconds(1));
    node.driver.removeContainer(id);
    node.driver.removeContainer(id);
    node.driver.stopContainer(id, Duration.ofSeconds(1));
  }

  private static long containerdPid() throws Exception {
    String text = Files.readString(node.directory.resolve("containerd/containerd.pid"));
    return Long.parseLong(text.strip().split(" ", -1)[0]);
  }

  private static Container state(String id) {
    return node.driver.containers().stream()
        .filter(c -> c.id().equals(id))
        .findFirst()
        .orElseThrow();
  }
}
