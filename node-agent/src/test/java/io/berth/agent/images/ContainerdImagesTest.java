package io.berth.agent.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.agent.process.Command;
import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.runtime.cri.TestingNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("real")
@Timeout(60)
class ContainerdImagesTest {
  @SuppressWarnings("NullAway.Init")
  private static TestingNode node;

  @TempDir Path directory;

  @BeforeAll
  static void start() throws Exception {
    node = new TestingNode("cri-images", "10.213.4.0/24");
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @Test
  void aLoadedImageIsFoundByEveryFormOfItsName() {
    String id = node.images.find("testing-busybox:1").orElseThrow().id();
    assertThat(id).startsWith("sha256:");
    assertThat(node.images.find(TestingNode.IMAGE).orElseThrow().id()).isEqualTo(id);
    assertThat(node.images.find(id).orElseThrow().id()).isEqualTo(id);
    assertThat(node.images.find("testing-busybox:2")).isEmpty();
    assertThat(node.images.list()).anyMatch(i -> i.names().contains(TestingNode.IMAGE));
  }

  @Test
  void itsConfigurationIsRead() {
    ImageStore.ImageConfig config = node.images.config("testing-busybox:1");
    assertThat(config.command()).containsExactly("sh");
    assertThat(config.entrypoint()).isEmpty();
    assertThat(config.env()).containsExactly("PATH=/bin");
    assertThat(config.workingDir()).isEqualTo("/");
    assertThatThrownBy(() -> node.images.config("missing:1"))
        .isInstanceOf(RuntimeDriverException.class)
        .hasMessageContaining("missing:1");
  }

  @Test
  void unpackingKeepsModesAndLinks() throws Exception {
    Path root = directory.resolve("root");
    node.images.unpack("testing-busybox:1", root);
    assertThat(Files.readString(root.resolve("www/index.html"))).isEqualTo("hello\n");
    assertThat(Files.readSymbolicLink(root.resolve("bin/sh"))).isEqualTo(Path.of("busybox"));
    assertThat((Integer) Files.getAttribute(root.resolve("tmp"), "unix:mode") & 07777)
        .isEqualTo(01777);
    assertThat(Files.isExecutable(root.resolve("bin/busybox"))).isTrue();
  }

  @Test
  void anArchiveWithoutFullNamesIsLoadedAndRemoved() throws Exception {
    Path archive = directory.resolve("short.tar");
    OciArchive.write(archive, "short:1", new FileTree().file("/a", "b"), ImageSpec.running("/a"));
    Path renamed = directory.resolve("other.tar");
    new Command(node.environment)
        .run(
            "skopeo",
            "copy",
            "-q",
            "oci-archive:" + archive,
            "docker-archive:" + renamed + ":other:2");
    assertThat(node.images.load(renamed)).containsExactly("docker.io/library/other:2");
    assertThat(node.images.find("other:2")).isPresent();
    node.images.remove("other:2");
    node.images.remove("other:2");
    assertThat(node.images.find("other:2")).isEmpty();
  }

  @Test
  void whatCannotBePulledIsAnErrorThatNamesIt() {
    assertThatThrownBy(() -> node.images.pull("127.0.0.1:9/none:1", null))
        .isInstanceOf(RuntimeDriverException.class)
        .hasMessageContaining("127.0.0.1:9/none:1");
    assertThatThrownBy(() -> node.images.find("UPPER"))
        .hasMessageContaining("invalid reference format");
  }

  @Test
  void whatIsNoArchiveIsRefused() throws Exception {
    Path file = Files.writeString(directory.resolve("x.tar"), "text");
    assertThatThrownBy(() -> node.images.load(file)).isInstanceOf(RuntimeDriverException.class);
  }
}
