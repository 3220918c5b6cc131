package io.berth.agent.containerd;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.agent.process.Daemon;
import io.berth.api.time.SystemEnvironment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PrivateContainerdTest {
  private static final Path PLUGINS = Path.of("/usr/lib/cni");

  @TempDir Path directory;

  private PrivateContainerd containerd(SystemEnvironment environment) {
    return new PrivateContainerd(
        environment,
        directory.resolve("containerd"),
        "berth.local/pause:1",
        directory.resolve("cni"),
        PLUGINS);
  }

  @Test
  void itsSocketFitsTheKernelHoweverLongTheDirectoryIs() {
    Path longOne = Path.of("/data", "x".repeat(90), "containerd");
    assertThat(PrivateContainerd.socketIn(longOne).toString())
        .startsWith("/run/berth/")
        .hasSizeLessThan(60);
    assertThat(PrivateContainerd.socketIn(Path.of("/data")))
        .isEqualTo(Path.of("/data/containerd.sock"));
  }

  @Test
  void itIsRestartedSoonAtFirstAndSeldomLater() {
    assertThat(PrivateContainerd.pauseAfter(1)).isEqualTo(Duration.ofMillis(50));
    assertThat(PrivateContainerd.pauseAfter(3)).isEqualTo(Duration.ofMillis(200));
    assertThat(PrivateContainerd.pauseAfter(50)).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void itsConfigurationNamesOnlyItsOwnPlaces() {
    ContainerdConfig config =
        new ContainerdConfig(
            Path.of("/d/root"),
            Path.of("/d/state"),
            Path.of("/d/c.sock"),
            "berth.local/pause:1",
            "native",
            Path.of("/d/cni"),
            PLUGINS,
            Path.of("/d/certs.d"),
            true);
    assertThat(config.toToml())
        .contains("root = \"/d/root\"\nstate = \"/d/state\"\n")
        .contains("address = \"/d/c.sock\"")
        .contains("sandbox_image = \"berth.local/pause:1\"\nrestrict_oom_score_adj = true\n")
        .contains("snapshotter = \"native\"")
        .contains("Root = \"/d/state/runc\"\nSystemdCgroup = false\n")
        .contains("bin_dir = \"/usr/lib/cni\"\nconf_dir = \"/d/cni\"\n");
  }

  @Test
  @Tag("real")
  void aSecondAgentFindsTheOneThatRuns() throws Exception {
    try (SystemEnvironment environment = new SystemEnvironment()) {
      PrivateContainerd first = containerd(environment);
      long begun = System.nanoTime();
      first.start();
      System.out.printf("containerd up after %d ms%n", (System.nanoTime() - begun) / 1_000_000);
      Path pidFile = directory.resolve("containerd/containerd.pid");
      String pid = Files.readString(pidFile);
      first.close();
      PrivateContainerd second = containerd(environment);
      second.start();
      assertThat(Files.readString(pidFile)).isEqualTo(pid);
      assertThat(second.health()).isNull();
      assertThat(Files.readString(Path.of("/proc", pid.split(" ", -1)[0], "comm")))
          .isEqualTo("containerd\n");
      second.stop();
      assertThat(Daemon.find(pidFile)).isEmpty();
      second.stop();
    }
  }
}
