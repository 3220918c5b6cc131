package io.berth.agent.runtime.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.agent.runtime.NotSupportedException;
import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.Exec;
import io.berth.agent.runtime.RuntimeDriver.Mount;
import io.berth.agent.runtime.RuntimeDriver.MountKind;
import io.berth.agent.runtime.RuntimeDriver.Namespaces;
import io.berth.agent.runtime.RuntimeDriver.Profile;
import io.berth.agent.runtime.RuntimeDriver.Resources;
import io.berth.agent.runtime.RuntimeDriver.SandboxState;
import io.berth.agent.runtime.RuntimeDriver.Security;
import io.berth.agent.runtime.RuntimeDriverException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What machines do beyond the contract. One machine serves all tests that leave it running. */
@Tag("real")
class QemuDriverTest {
  private static final Namespaces HOST_NETWORK =
      new Namespaces(true, false, false, false, Map.of());

  private static QemuBench bench;
  private static QemuPod pod;

  @BeforeAll
  static void boot() throws Exception {
    bench = new QemuBench();
    ContainerSpec web =
        QemuPod.spec(
            bench, "web", QemuBench.WEB_IMAGE, null, List.of(), Resources.NONE, Security.DEFAULT);
    ContainerSpec main =
        QemuPod.spec(
            bench, "main", QemuBench.IMAGE, null, List.of(), Resources.NONE, Security.DEFAULT);
    pod = new QemuPod(bench, "shared", web, main);
  }

  @AfterAll
  static void close() throws Exception {
    bench.close();
  }

  private static ContainerSpec limited(String script, Resources resources) {
    return QemuPod.spec(
        bench, pod.nextName(), QemuBench.IMAGE, script, List.of(), resources, Security.DEFAULT);
  }

  private static ContainerSpec secured(String script, Security security) {
    return QemuPod.spec(
        bench, pod.nextName(), QemuBench.IMAGE, script, List.of(), Resources.NONE, security);
  }

  @Test
  void theImageSaysWhatRunsAndAsWhom() {
    ContainerSpec spec =
        QemuPod.spec(
            bench,
            pod.nextName(),
            QemuBench.WEB_IMAGE,
            null,
            List.of(),
            Resources.NONE,
            Security.DEFAULT);
    pod.start(spec);
    QemuPod.await(() -> QemuPod.text(spec).contains("FROM_IMAGE"));
    assertThat(QemuPod.text(spec))
        .contains("uid=1000(web) gid=1000(web) groups=1000(web),2000(extra)")
        .contains("HOSTNAME=shared")
        .contains("HOME=/home/web")
        .contains("PWD=/srv");
  }

  @Test
  void aCommandThatIsMissingOrNoProgramSaysSo() {
    String missing = create(List.of("nonesuch"));
    assertThatThrownBy(() -> bench.driver.startContainer(missing))
        .isInstanceOf(RuntimeDriverException.class)
        .hasMessageContaining("exec: \"nonesuch\": executable file not found in $PATH");
    assertThat(pod.find(missing).state()).isEqualTo(ContainerState.EXITED);
    assertThat(pod.find(missing).exitCode()).isEqualTo(127);
    String noProgram = create(List.of("/etc/plain"));
    assertThatThrownBy(() -> bench.driver.startContainer(noProgram))
        .hasMessageContaining("permission denied");
    assertThat(pod.find(noProgram).exitCode()).isEqualTo(126);
    String sleeper = pod.startSleeper();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Exec exec = bench.driver.exec(sleeper, List.of("nonesuch"), false, null, out, out)) {
      assertThatThrownBy(exec::waitFor).hasMessageContaining("executable file not found in $PATH");
    }
  }

  private static String create(List<String> command) {
    ContainerSpec p = pod.plain(null);
    return bench.driver.createContainer(
        pod.sandbox.id(),
        new ContainerSpec(
            p.name(),
            0,
            p.image(),
            "",
            command,
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
            p.logPath(),
            p.labels(),
            p.annotations()));
  }

  @Test
  void aContainerOverItsMemoryIsKilledAndSaidToBe() {
    ContainerSpec spec =
        limited(
            "dd if=/dev/zero of=/dev/shm/much bs=1M count=64; sleep 3600",
            new Resources(0, 0, 0, 16 << 20));
    Container ended = pod.awaitExit(pod.start(spec));
    assertThat(ended.exitCode()).isEqualTo(137);
    assertThat(ended.reason()).isEqualTo("OOMKilled");
  }

  @Test
  void aContainerHasTheProcessorShareItIsGiven() {
    ContainerSpec spec =
        limited(
            "cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu.weight", new Resources(500, 250, 0, 0));
    assertThat(pod.outputOf(spec)).contains("25000 100000\n20");
  }

  @Test
  void filesOfTheNodeAreInTheGuestAndFollowItsChanges() throws Exception {
    Path volume = Files.createDirectories(bench.directory.resolve("config"));
    Path first = Files.createDirectories(volume.resolve("..one"));
    Files.writeString(first.resolve("key"), "first");
    Files.createSymbolicLink(volume.resolve("..data"), Path.of("..one"));
    Files.createSymbolicLink(volume.resolve("key"), Path.of("..data/key"));
    Path hosts = bench.directory.resolve("hosts");
    Files.writeString(hosts, "10.0.0.1 there\n");
    String id =
        pod.start(
            pod.plain(
                "exec sleep 3600",
                new Mount(MountKind.FILES, "c", volume, "/etc/config", true, false, "x"),
                QemuPod.mount(MountKind.FILES, "h", hosts, "/etc/hosts")));
    assertThat(pod.exec(id, "cat /etc/config/key /etc/hosts")).isEqualTo("first10.0.0.1 there\n");
    assertThat(pod.exec(id, "touch /etc/config/x 2>&1")).contains("Read-only");
    Path second = Files.createDirectories(volume.resolve("..two"));
    Files.write(second.resolve("key"), new byte[200_000]);
    Files.createSymbolicLink(volume.resolve("..next"), Path.of("..two"));
    Files.move(volume.resolve("..next"), volume.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    FileTrees.deleteTree(first);
    Files.writeString(hosts, "10.0.0.2 moved\n");
    QemuPod.await(() -> pod.exec(id, "wc -c </etc/config/key").contains("200000"));
    QemuPod.await(() -> pod.exec(id, "cat /etc/hosts").equals("10.0.0.2 moved\n"));
    QemuPod.await(() -> !pod.exec(id, "ls -a /etc/config").contains("..one"));
  }

  @Test
  void scratchSpaceIsSharedByThePodsContainers() {
    Path nowhere = bench.directory.resolve("empty");
    Mount disk = QemuPod.mount(MountKind.EMPTY_DIR, "cache", nowhere, "/cache");
    Mount memory = new Mount(MountKind.EMPTY_DIR, "fast", nowhere, "/fast", false, true, "x");
    assertThat(pod.outputOf(pod.plain("echo hi >/cache/a; echo ho >/fast/b", disk, memory)))
        .isEmpty();
    assertThat(pod.outputOf(pod.plain("cat /cache/a /fast/b; mount", disk, memory)))
        .startsWith("hi\nho\n")
        .contains("tmpfs on /fast");
    Path inside = bench.directory.resolve("empty-dir/cache/a/b");
    Mount part = QemuPod.mount(MountKind.EMPTY_DIR, "cache", inside, "/part");
    pod.outputOf(pod.plain("rm /cache/a", disk));
    pod.outputOf(pod.plain("echo deep >/part/x", part));
    assertThat(pod.outputOf(pod.plain("cat /cache/a/b/x", disk))).isEqualTo("deep");
  }

  @Test
  void lastWordsComeBackToTheNode() throws Exception {
    Path words = bench.directory.resolve("last-words");
    Mount mount = QemuPod.mount(MountKind.TERMINATION_LOG, "", words, "/dev/termination-log");
    pod.outputOf(pod.plain("echo 'because of this' >/dev/termination-log; exit 3", mount));
    assertThat(words).hasContent("because of this\n");
  }

  @Test
  void aMegabyteGoesThroughAnExecBothWays() throws Exception {
    byte[] bytes = new byte[1 << 20];
    new Random(1).nextBytes(bytes);
    assertThat(pod.pipeThroughCat(pod.startSleeper(), bytes)).isEqualTo(bytes);
  }

  @Test
  void aLongLogIsWholeAndInOrder() {
    ContainerSpec spec =
        pod.plain("i=0; while [ $i -lt 3000 ]; do echo line-$i; i=$((i+1)); done; echo -n end");
    pod.outputOf(spec);
    List<String> lines = QemuPod.lines(spec);
    assertThat(lines).hasSize(3001);
    assertThat(lines.get(2999)).isEqualTo("line-2999");
    assertThat(lines.getLast()).isEqualTo("end");
  }

  @Test
  void anExecCanHaveATerminalWithASize() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<String> command =
        List.of("sh", "-c", "tty; while [ \"$(stty size)\" != '40 123' ]; do sleep 0.1; done");
    try (Exec exec = bench.driver.exec(pod.startSleeper(), command, true, null, out, null)) {
      QemuPod.await(() -> out.toString(StandardCharsets.UTF_8).contains("/dev/pts/0"));
      exec.resize(123, 40);
      assertThat(exec.waitFor()).isZero();
    }
  }

  @Test
  void anExecThatIsClosedEndsItsCommand() {
    String id = pod.startSleeper();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Exec exec = bench.driver.exec(id, List.of("sleep", "4321"), false, null, out, out);
    QemuPod.await(() -> pod.exec(id, "grep -c 4321 /proc/[0-9]*/cmdline").contains(":1"));
    exec.close();
    QemuPod.await(
        () -> !pod.exec(id, "grep -l slee[p].4321 /proc/[0-9]*/cmdline").contains("cmdline"));
  }

  @Test
  void thePodAnswersUnderItsAddress() throws Exception {
    pod.start(pod.plain("while true; do echo served | nc -l -p 8080; done"));
    InetSocketAddress address = new InetSocketAddress(pod.sandbox.ips().getFirst(), 8080);
    AtomicReference<String> answer = new AtomicReference<>("");
    QemuPod.await(
        () -> {
          String now = answerOf(address);
          answer.set(now);
          return now.equals("served\n");
        },
        () -> "answer: " + answer.get());
    assertThat(pod.outputOf(pod.plain("cat /etc/resolv.conf; ip addr")))
        .contains("nameserver 10.96.0.10")
        .contains("search default.svc.cluster.local")
        .contains("mtu 1400");
  }

  /** What is read there, or why nothing is; an answer that does not come is not waited for. */
  private static String answerOf(InetSocketAddress address) {
    try (Socket socket = new Socket()) {
      socket.connect(address, 1000);
      socket.setSoTimeout(2000);
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void aContainerHasOnlyTheRightsItIsGiven() {
    String script = "grep -E 'Cap(Eff|Bnd)|NoNew' /proc/self/status; touch /x; id";
    assertThat(pod.outputOf(secured(script, Security.DEFAULT)))
        .contains("CapEff:\t00000000a80425fb")
        .contains("NoNewPrivs:\t0")
        .doesNotContain("Read-only");
    Security strict =
        new Security(
            1000L,
            1001L,
            List.of(7L),
            false,
            true,
            false,
            List.of("NET_BIND_SERVICE"),
            List.of("ALL"));
    assertThat(pod.outputOf(secured(script, strict)))
        .contains("CapEff:\t0000000000000000")
        .contains("CapBnd:\t0000000000000400")
        .contains("NoNewPrivs:\t1")
        .contains("Read-only file system")
        .contains("uid=1000(web) gid=1001 groups=7,1001,2000(extra)");
  }

  private static Security filtered(boolean strictGroups, String... more) {
    return new Security(
        1000L,
        null,
        List.of(7L),
        false,
        false,
        true,
        List.of(more),
        List.of(),
        strictGroups,
        Profile.DEFAULT,
        Profile.DEFAULT);
  }

  @Test
  void systemCallsAndGroupsAreLimitedAsAsked() {
    String script = "id; grep Seccomp: /proc/self/status";
    assertThat(pod.outputOf(secured(script, filtered(true))))
        .contains("Seccomp:\t2")
        .contains("groups=7")
        .doesNotContain("extra");
    Security root =
        new Security(
            0L,
            null,
            List.of(),
            false,
            false,
            true,
            List.of("SYS_ADMIN"),
            List.of(),
            false,
            Profile.NONE,
            Profile.DEFAULT);
    String mount = "mount -t tmpfs x /tmp && echo mounted";
    assertThat(pod.outputOf(secured(mount, root))).contains("mounted");
    Security without =
        new Security(
            0L,
            null,
            List.of(),
            false,
            false,
            true,
            List.of(),
            List.of(),
            false,
            Profile.DEFAULT,
            Profile.DEFAULT);
    assertThat(pod.outputOf(secured(mount + "; (echo works)", without)))
        .contains("works")
        .doesNotContain("mounted");
  }

  @Test
  void aMachineHasTheKernelParametersAndTheProcessesThatItsPodAsksFor() {
    Namespaces namespaces =
        new Namespaces(
            false, false, false, true, Map.of("net.ipv4.ip_local_port_range", "20000 20100"));
    QemuPod shared = new QemuPod(bench, "shared", namespaces);
    shared.start(shared.plain("sleep 12321 & exec sleep 32123"));
    assertThat(
            shared.outputOf(
                shared.plain(
                    "cat /proc/sys/net/ipv4/ip_local_port_range;"
                        + " for p in /proc/[0-9]*; do cat $p/cmdline; echo; done")))
        .contains("20000\t20100")
        .contains("12321");
    String ends = shared.start(shared.plain("sleep 77077 & sleep 0.2"));
    shared.awaitExit(ends);
    assertThat(
            shared.outputOf(
                shared.plain("for p in /proc/[0-9]*; do cat $p/cmdline 2>/dev/null; echo; done")))
        .as("what a container leaves behind ends with it")
        .doesNotContain("77077");
    bench.driver.stopSandbox(shared.sandbox.id());
    bench.driver.removeSandbox(shared.sandbox.id());
  }

  @Test
  void newScratchSpaceBelongsToTheGroupOfThePodsVolumes() throws Exception {
    Path volume = Files.createDirectories(bench.directory.resolve("empty-dir/grouped"));
    Files.setAttribute(volume, "unix:gid", 4321);
    Files.setAttribute(volume, "unix:mode", 02777);
    Mount mount =
        new Mount(MountKind.EMPTY_DIR, "grouped", volume, "/data", false, false, "spec.volumes[0]");
    assertThat(pod.outputOf(pod.plain("touch /data/x; ls -ln /data", mount))).contains(" 4321 ");
  }

  @Test
  void aContainerSeesNeitherTheMachinesDisksNorItsOtherProcesses() {
    assertThat(
            pod.outputOf(
                pod.plain(
                    "ls /dev; mknod /tmp/d b 254 0 && head -c1 /tmp/d;"
                        + " echo 1 >/proc/sys/vm/panic_on_oom; ls /proc | grep -c '^[0-9]'")))
        .doesNotContain("vda")
        .contains("/tmp/d: Permission denied")
        .contains("Read-only file system")
        .matches("(?s).*\n[1-4]$");
  }

  @Test
  void aPrivilegedContainerOwnsItsMachine() {
    Security all = new Security(null, null, List.of(), true, false, true, List.of(), List.of());
    assertThat(pod.outputOf(secured("ls /dev; mount -t tmpfs x /tmp && echo mounted", all)))
        .contains("vda")
        .contains("mounted");
  }

  @Test
  void anImageThatCameLaterIsPluggedIn() {
    bench.images.with(QemuBench.OTHER_IMAGE, "", List.of("echo"), List.of("later"));
    ContainerSpec spec =
        QemuPod.spec(
            bench,
            pod.nextName(),
            QemuBench.OTHER_IMAGE,
            null,
            List.of(),
            Resources.NONE,
            Security.DEFAULT);
    assertThat(pod.outputOf(spec)).isEqualTo("later");
  }

  @Test
  void whatAMachineCannotDoIsRefusedByName() {
    Mount mount =
        new Mount(
            MountKind.HOST_PATH,
            "v",
            Path.of("/"),
            "/host",
            false,
            false,
            "spec.volumes[0].hostPath");
    assertThatThrownBy(
            () -> bench.driver.createContainer(pod.sandbox.id(), pod.plain("true", mount)))
        .isInstanceOf(NotSupportedException.class)
        .hasMessageContaining("spec.volumes[0].hostPath");
    assertThatThrownBy(
            () -> bench.driver.runSandbox(QemuPod.sandboxSpec(bench, "net", HOST_NETWORK)))
        .isInstanceOf(NotSupportedException.class)
        .hasMessageContaining("spec.hostNetwork");
  }

  @Test
  void aNewAgentFindsTheMachineAndLosesNoOutput() {
    ContainerSpec counting = pod.plain("i=0; while true; do echo $i; i=$((i+1)); sleep 0.05; done");
    ContainerSpec ending = pod.plain("sleep 1; echo bye; exit 5");
    String counter = pod.start(counting);
    String ender = pod.start(ending);
    QemuPod.await(() -> QemuPod.lines(counting).size() > 3);
    bench.driver.close();
    int before = QemuPod.lines(counting).size();
    bench.restart();
    assertThat(bench.driver.sandboxes())
        .anyMatch(s -> s.id().equals(pod.sandbox.id()) && s.state() == SandboxState.READY);
    assertThat(pod.find(counter).state()).isEqualTo(ContainerState.RUNNING);
    assertThat(pod.awaitExit(ender).exitCode()).isEqualTo(5);
    assertThat(QemuPod.lines(ending)).containsExactly("bye");
    QemuPod.await(() -> QemuPod.lines(counting).size() > before + 20);
    List<String> lines = QemuPod.lines(counting);
    for (int i = 0; i < lines.size(); i++) {
      assertThat(lines.get(i)).isEqualTo(Integer.toString(i));
    }
    assertThat(pod.exec(counter, "echo still")).isEqualTo("still\n");
  }

  @Test
  void aKilledMachineIsSeenAtOnce() throws Exception {
    QemuPod other = new QemuPod(bench, "killed");
    ContainerSpec spec = other.plain("echo up; exec sleep 3600");
    ContainerSpec named =
        QemuPod.spec(
            bench,
            "victim",
            spec.image(),
            "echo up; exec sleep 3600",
            List.of(),
            Resources.NONE,
            Security.DEFAULT);
    String id = other.start(named);
    QemuPod.await(() -> QemuPod.text(named).contains("up"));
    MachineState state =
        new MachineDirectory(QemuConfig.of(bench.directory, bench.directory, "any"))
            .load().stream()
                .filter(s -> s.id().equals(other.sandbox.id()))
                .findFirst()
                .orElseThrow();
    long killed = System.nanoTime();
    new ProcessIdentity(state.pid(), state.startTicks()).kill();
    Container ended = other.awaitExit(id);
    assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(Duration.ofSeconds(20));
    assertThat(ended.exitCode()).isEqualTo(137);
    assertThat(ended.reason()).isEqualTo("MachineEnded");
    assertThat(bench.driver.sandboxes())
        .anyMatch(s -> s.id().equals(other.sandbox.id()) && s.state() == SandboxState.NOT_READY);
    assertThat(QemuPod.text(named)).contains("the virtual machine ended");
    bench.driver.stopSandbox(other.sandbox.id());
    bench.driver.removeSandbox(other.sandbox.id());
  }
}
