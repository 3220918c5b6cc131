package io.berth.agent.volumes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("real")
@Timeout(60)
class SubPathsTest {
  @TempDir Path directory;
  private Path volume = Path.of("");
  private Path outside = Path.of("");
  private Path target = Path.of("");

  @BeforeEach
  void make() throws IOException {
    volume = Files.createDirectories(directory.resolve("volume"));
    outside = Files.createDirectories(directory.resolve("outside"));
    Files.writeString(outside.resolve("secret"), "s");
    target = directory.resolve("pod/part");
  }

  @AfterEach
  void unmount() throws IOException {
    while (OpenFile.unmount(target)) {
      // all of them
    }
  }

  @Test
  void aLinkThatIsExchangedAllTheTimeNeverLeadsOut() throws Exception {
    Path safe = Files.createDirectories(volume.resolve("safe/part"));
    Files.writeString(safe.resolve("mine"), "m");
    Files.createDirectories(directory.resolve("evil"));
    Files.createSymbolicLink(directory.resolve("evil/part"), outside);
    Files.createSymbolicLink(volume.resolve("x"), Path.of("safe")); // else it would be made
    AtomicBoolean over = new AtomicBoolean();
    Path next = volume.resolve("next");
    Thread attacker =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    for (int i = 0; !over.get(); i++) {
                      Path to = i % 2 == 0 ? Path.of("safe") : directory.resolve("evil");
                      Files.createSymbolicLink(next, to);
                      Files.move(next, volume.resolve("x"), StandardCopyOption.ATOMIC_MOVE);
                    }
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                });
    int mounted = 0;
    int refused = 0;
    for (int i = 0; (mounted < 50 || refused < 50) && i < 20_000; i++) {
      try {
        SubPaths.mount(volume, "x/part", target);
        mounted++;
        assertThat(target.resolve("secret")).doesNotExist();
      } catch (IOException e) {
        refused++;
      }
    }
    over.set(true);
    attacker.join();
    assertThat(mounted).isPositive();
    assertThat(refused).isPositive();
    assertThat(outside).isDirectoryContaining(p -> p.endsWith("secret"));
  }

  @Test
  void whatIsMissingIsMadeWithTheVolumesMode() throws Exception {
    AtomicFiles.chmod(volume, 0750);
    SubPaths.mount(volume, "a//b/c", target);
    Files.writeString(target.resolve("file"), "x");
    assertThat(volume.resolve("a/b/c/file")).hasContent("x");
    assertThat((Integer) Files.getAttribute(volume.resolve("a/b"), "unix:mode") & 0777)
        .isEqualTo(0750);
  }

  @Test
  void aFileIsMountedAndReplacedByTheNextMount() throws Exception {
    Files.writeString(volume.resolve("one"), "1");
    Files.createDirectories(volume.resolve("two"));
    SubPaths.mount(volume, "one", target);
    assertThat(target).hasContent("1");
    SubPaths.mount(volume, "two", target);
    assertThat(target).isEmptyDirectory();
    SubPaths.mount(volume, "one", target);
    assertThat(target).hasContent("1");
  }

  @Test
  void aPathThroughAFileOrOutIsRefused() throws Exception {
    Files.writeString(volume.resolve("file"), "1");
    Files.createSymbolicLink(volume.resolve("out"), outside);
    assertThatThrownBy(() -> SubPaths.mount(volume, "file/x", target))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> SubPaths.mount(volume, "out/new", target))
        .hasMessage("a link in out/new leads out of the volume");
    assertThat(outside.resolve("new")).doesNotExist();
    assertThatThrownBy(() -> SubPaths.mount(volume, "../outside", target))
        .hasMessageContaining("leads out of the volume");
  }
}
