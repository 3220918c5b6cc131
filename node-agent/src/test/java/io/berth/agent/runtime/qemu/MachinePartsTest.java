package io.berth.agent.runtime.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.agent.runtime.ImageStore.ImageConfig;
import io.berth.agent.runtime.NotSupportedException;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.Env;
import io.berth.agent.runtime.RuntimeDriver.Namespaces;
import io.berth.agent.runtime.RuntimeDriver.Placement;
import io.berth.agent.runtime.RuntimeDriver.Resources;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.runtime.RuntimeDriver.Security;
import io.berth.agent.runtime.Signals;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachinePartsTest {
  private static final ImageConfig IMAGE =
      new ImageConfig(
          List.of("entry"), List.of("cmd"), List.of("A=1", "B=2"), "/", "web:x", "", Map.of());
  private static final long MIB = 1 << 20;

  @TempDir Path directory;

  private static ContainerSpec container(
      List<String> command, List<String> args, Resources resources, Security security) {
    return new ContainerSpec(
        "c",
        0,
        "i",
        "",
        command,
        args,
        "",
        List.of(new Env("B", "3")),
        List.of(),
        resources,
        security,
        false,
        false,
        false,
        "",
        "",
        Path.of("log"),
        Map.of(),
        Map.of());
  }

  private static SandboxSpec pod(Resources sum, ContainerSpec... containers) {
    return new SandboxSpec(
        "ns",
        "p",
        "u",
        0,
        "p",
        Namespaces.OWN,
        Path.of("logs"),
        null,
        List.of(containers),
        sum,
        Placement.NONE,
        Map.of(),
        Map.of());
  }

  @Test
  void aMachineIsAsBigAsItsLimitsAndTheGuestsOwnNeed() {
    Resources limits = new Resources(100, 1500, 64 * MIB, 128 * MIB);
    ContainerSpec limited = container(List.of(), List.of(), limits, Security.DEFAULT);
    assertThat(MachineSize.of(pod(limits, limited))).isEqualTo(new MachineSize(2, 128 + 96));
  }

  @Test
  void withoutLimitsAMachineHasADefaultSize() {
    ContainerSpec free = container(List.of(), List.of(), Resources.NONE, Security.DEFAULT);
    assertThat(MachineSize.of(pod(Resources.NONE, free))).isEqualTo(new MachineSize(1, 256 + 96));
    Resources request = new Resources(0, 0, 1024 * MIB, 0);
    assertThat(MachineSize.of(pod(request, free)).memoryMiB()).isEqualTo(1024 + 96);
  }

  @Test
  void commandAndArgumentsReplaceTheImagesAsKubernetesDefinesIt() {
    assertThat(arguments(List.of(), List.of())).containsExactly("entry", "cmd");
    assertThat(arguments(List.of("x"), List.of())).containsExactly("x");
    assertThat(arguments(List.of(), List.of("y"))).containsExactly("entry", "y");
    assertThat(arguments(List.of("x"), List.of("y"))).containsExactly("x", "y");
  }

  private static List<String> arguments(List<String> command, List<String> args) {
    return StartRequest.arguments(
        container(command, args, Resources.NONE, Security.DEFAULT), IMAGE);
  }

  @Test
  void thePodsEnvironmentAndUserWin() {
    ContainerSpec spec = container(List.of(), List.of(), Resources.NONE, Security.DEFAULT);
    assertThat(StartRequest.environment("h", spec, IMAGE))
        .containsExactly("HOSTNAME=h", "A=1", "B=3");
    assertThat(StartRequest.user(Security.DEFAULT, IMAGE)).isEqualTo("web:x");
    assertThat(StartRequest.user(security(5L, null, List.of(), List.of()), IMAGE)).isEqualTo("5");
    assertThat(StartRequest.user(security(null, 6L, List.of(), List.of()), IMAGE))
        .isEqualTo("web:6");
  }

  private static Security security(
      @Nullable Long user, @Nullable Long group, List<String> add, List<String> drop) {
    return new Security(user, group, List.of(), false, false, true, add, drop);
  }

  @Test
  void capabilitiesAreTheDefaultOnesWithThoseAddedAndDropped() {
    assertThat(Capabilities.of(Security.DEFAULT)).isEqualTo(0xa80425fbL);
    assertThat(Capabilities.of(security(null, null, List.of("SYS_TIME"), List.of("ALL"))))
        .isEqualTo(1L << 25);
    assertThat(Capabilities.of(security(null, null, List.of(), List.of("CHOWN"))))
        .isEqualTo(0xa80425faL);
    assertThatThrownBy(() -> Capabilities.of(security(null, null, List.of("FLY"), List.of())))
        .isInstanceOf(NotSupportedException.class)
        .hasMessageContaining("FLY");
  }

  @Test
  void signalsHaveTheirLinuxNumbers() {
    assertThat(Signals.number("SIGTERM")).isEqualTo(15);
    assertThat(Signals.number("quit")).isEqualTo(3);
    assertThat(Signals.number("SIGWINCH")).isEqualTo(28);
    assertThat(Signals.number("SIGRTMIN+3")).isEqualTo(37);
    assertThat(Signals.number("10")).isEqualTo(10);
    assertThat(Signals.number("")).isEqualTo(15);
  }

  @Test
  void anArchiveIsPaddedAndEndsWithItsTrailer() {
    byte[] archive =
        new CpioArchive()
            .directory("dev")
            .device("dev/console", 5, 1)
            .file("init", 0755, "x".getBytes(StandardCharsets.US_ASCII))
            .toBytes();
    String text = new String(archive, StandardCharsets.US_ASCII);
    assertThat(archive.length % 4).isZero();
    assertThat(text)
        .startsWith("07070100000001000041ED")
        .contains("init\000\000x\000\000\000" + "070701")
        .contains("TRAILER!!!");
  }

  private static MachineState state(int version) {
    return new MachineState(
        version,
        "id",
        "ns",
        "n",
        "u",
        0,
        "h",
        "2026-01-01T00:00:00Z",
        MachineState.Phase.READY,
        "10.0.0.2",
        1,
        2,
        List.of("img-1"),
        1,
        0,
        Map.of("a", "b"),
        Map.of(),
        List.of(
            new MachineState.Held(
                "idc",
                "c",
                0,
                "i",
                "sha256:1",
                15,
                "/log",
                List.of("/f"),
                null,
                ContainerState.CREATED,
                "2026-01-01T00:00:00Z",
                null,
                null,
                0,
                "",
                Map.of(),
                Map.of())));
  }

  @Test
  void aMachinesStateIsReadBackAsItWasKept() {
    MachineDirectory machines = machines();
    MachineState state = state(MachineState.VERSION);
    machines.save(state);
    assertThat(machines.load()).containsExactly(state);
    MachineState started = state.change("idc", c -> c.started("2026-01-01T00:00:01Z"));
    machines.save(started);
    assertThat(machines.load()).containsExactly(started);
    assertThat(started.container("idc").orElseThrow().state()).isEqualTo(ContainerState.RUNNING);
  }

  @Test
  void aStateOfAnotherVersionOrATornOneIsLeftAlone() throws Exception {
    MachineDirectory machines = machines();
    machines.save(state(MachineState.VERSION + 1));
    Files.createDirectories(machines.of("torn"));
    Files.writeString(machines.of("torn").resolve("state.json"), "{\"version\":1,");
    assertThat(machines.load()).isEmpty();
    assertThat(machines.of("id").resolve("state.json")).exists();
  }

  private MachineDirectory machines() {
    MachineDirectory machines = new MachineDirectory(QemuConfig.of(directory, directory, "n"));
    machines.prepare();
    return machines;
  }

  @Test
  void aProcessIsKnownByItsStartTimeAsWell() {
    long pid = ProcessHandle.current().pid();
    ProcessIdentity me = ProcessIdentity.of(pid).orElseThrow();
    assertThat(me.alive()).isTrue();
    assertThat(new ProcessIdentity(pid, me.startTicks() + 1).alive()).isFalse();
  }

  @Test
  void socketsMoveWhereTheirPathsWouldBeTooLong() {
    Path deep = Path.of("/" + "d".repeat(90));
    assertThat(QemuConfig.of(deep, deep, "n").runDirectory().toString()).hasSizeLessThan(50);
  }
}
