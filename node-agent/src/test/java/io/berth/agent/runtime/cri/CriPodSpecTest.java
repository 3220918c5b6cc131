package io.berth.agent.runtime.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.Exec;
import io.berth.agent.runtime.RuntimeDriver.Namespaces;
import io.berth.agent.runtime.RuntimeDriver.Profile;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.runtime.RuntimeDriver.Security;
import io.berth.agent.runtime.RuntimeDriverException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What pods ask of the kernel, in real containers. */
@Tag("real")
@Timeout(60)
class CriPodSpecTest {
  @SuppressWarnings("NullAway.Init")
  private static TestingNode node;

  private static int made;

  @BeforeAll
  static void start() throws Exception {
    node = new TestingNode("cri-spec", "10.213.7.0/24");
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  private record Pod(SandboxSpec spec, Sandbox sandbox) {
    String start(String name, Security security, String signal, String target, String script)
        throws Exception {
      ContainerSpec c = node.container(spec, name, "sh", "-c", script);
      return node.start(
          sandbox,
          new ContainerSpec(
              c.name(),
              c.attempt(),
              c.image(),
              c.imageId(),
              c.command(),
              c.args(),
              c.workingDir(),
              c.env(),
              c.mounts(),
              c.resources(),
              security,
              c.tty(),
              c.stdin(),
              c.stdinOnce(),
              signal,
              target,
              c.logPath(),
              c.labels(),
              c.annotations()));
    }

    String start(String name, String script) throws Exception {
      return start(name, Security.DEFAULT, "", "", script);
    }
  }

  private static Pod pod(Namespaces namespaces) {
    SandboxSpec s = node.sandbox("spec-" + made++);
    SandboxSpec spec =
        new SandboxSpec(
            s.namespace(),
            s.name(),
            s.uid(),
            s.attempt(),
            s.hostname(),
            namespaces,
            s.logDirectory(),
            s.dns(),
            s.containers(),
            s.resources(),
            s.placement(),
            s.labels(),
            s.annotations());
    return new Pod(spec, node.driver.runSandbox(spec));
  }

  private static String run(String container, String script) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Exec exec =
        node.driver.exec(container, List.of("sh", "-c", script), false, null, out, out)) {
      exec.waitFor();
    }
    return out.toString(StandardCharsets.UTF_8).strip();
  }

  private static String namespace(String kind) throws Exception {
    return Files.readSymbolicLink(Path.of("/proc/self/ns", kind)).toString();
  }

  private static Security seccomp(Profile profile) {
    Security s = Security.DEFAULT;
    return new Security(
        null,
        null,
        List.of(),
        false,
        false,
        true,
        s.addCapabilities(),
        s.dropCapabilities(),
        false,
        profile,
        Profile.DEFAULT);
  }

  @Test
  void kernelParametersOfThePodAreSet() throws Exception {
    Pod pod =
        pod(
            new Namespaces(
                false, false, false, false, Map.of("net.ipv4.ip_local_port_range", "20000 20100")));
    String id = pod.start("main", "sleep 1000");
    assertThat(run(id, "cat /proc/sys/net/ipv4/ip_local_port_range")).isEqualTo("20000\t20100");
  }

  @Test
  void theNodesNamespacesAreSharedAsAsked() throws Exception {
    String show = "ls -l /proc/self/ns";
    String own = run(pod(Namespaces.OWN).start("main", "sleep 1000"), show);
    Pod pod = pod(new Namespaces(true, true, true, false, Map.of()));
    assertThat(pod.sandbox().ips()).isEmpty();
    String host = run(pod.start("main", "sleep 1000"), show);
    for (String kind : List.of("net", "pid", "ipc")) {
      assertThat(host).contains("-> " + namespace(kind));
      assertThat(own).doesNotContain("-> " + namespace(kind));
    }
  }

  @Test
  void containersThatShareProcessesSeeEachOthers() throws Exception {
    Pod apart = pod(Namespaces.OWN);
    apart.start("other", "sleep 12321");
    assertThat(run(apart.start("main", "sleep 1000"), processes())).doesNotContain("12321");
    Pod together = pod(new Namespaces(false, false, false, true, Map.of()));
    together.start("other", "sleep 12321");
    assertThat(run(together.start("main", "sleep 1000"), processes())).contains("12321");
  }

  private static String processes() {
    return "for p in /proc/[0-9]*; do cat $p/cmdline; echo; done";
  }

  @Test
  void aContainerSeesTheProcessesOfItsTarget() throws Exception {
    Pod pod = pod(Namespaces.OWN);
    String target = pod.start("main", "sleep 45654");
    String debug = pod.start("debug", Security.DEFAULT, "", target, "sleep 1000");
    assertThat(run(debug, processes())).contains("45654");
  }

  @Test
  void systemCallsAreFilteredAsAsked() throws Exception {
    Pod pod = pod(Namespaces.OWN);
    String state = "grep Seccomp: /proc/self/status";
    assertThat(run(pod.start("none", "sleep 1000"), state)).endsWith("0");
    String filtered = pod.start("some", seccomp(Profile.DEFAULT), "", "", "sleep 1000");
    assertThat(run(filtered, state)).endsWith("2");
    Path profile = node.directory.resolve("no-mkdir.json");
    Files.writeString(
        profile,
        """
        {"defaultAction": "SCMP_ACT_ALLOW",
         "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}
        """);
    String own =
        pod.start("own", seccomp(new Profile.Local(profile.toString())), "", "", "sleep 1000");
    assertThat(run(own, "mkdir /tmp/x || touch /refused; ls /")).contains("refused");
    Profile missing = new Profile.Local(node.directory.resolve("none.json").toString());
    assertThatThrownBy(() -> pod.start("missing", seccomp(missing), "", "", "sleep 1000"))
        .isInstanceOf(RuntimeDriverException.class)
        .hasMessageContaining("none.json");
  }

  @Test
  void aContainerIsAskedToEndByItsOwnSignal() throws Exception {
    Pod pod = pod(Namespaces.OWN);
    String script = "trap 'exit 5' USR1; trap '' TERM; touch /ready; while :; do sleep 0.05; done";
    String id = pod.start("main", Security.DEFAULT, "SIGUSR1", "", script);
    while (!run(id, "ls /").contains("ready")) {}
    assertThat(state(id).annotations()).isEmpty();
    node.driver.stopContainer(id, Duration.ofSeconds(20));
    assertThat(state(id).state()).isEqualTo(ContainerState.EXITED);
    assertThat(state(id).exitCode()).isEqualTo(5);
    String deaf = pod.start("deaf", Security.DEFAULT, "SIGUSR2", "", "trap '' USR2; sleep 1000");
    while (!run(deaf, "cat /proc/1/cmdline").contains("1000")) {}
    node.driver.stopContainer(deaf, Duration.ofSeconds(1));
    assertThat(state(deaf).state()).isEqualTo(ContainerState.EXITED);
  }

  private static Container state(String id) {
    return node.driver.containers().stream()
        .filter(c -> c.id().equals(id))
        .findFirst()
        .orElseThrow();
  }
}
