package io.berth.agent.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.codec.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OciArchiveTest {
  @TempDir Path directory;

  private static FileTree files() {
    return new FileTree()
        .file("/www/index.html", "hello\n")
        .directory("/tmp", 01777)
        .symlink("/bin/sh", "busybox");
  }

  private Path archive(String file, String name) throws IOException {
    Path archive = directory.resolve(file);
    OciArchive.write(archive, name, files(), ImageSpec.running("/bin/sh"));
    return archive;
  }

  @Test
  void theSameFilesMakeTheSameBytes() throws Exception {
    assertThat(archive("a.tar", "x:1")).hasSameBinaryContentAs(archive("b.tar", "x:1"));
  }

  @Test
  void anArchiveMadeHereHasItsFullName() throws Exception {
    Path archive = archive("a.tar", "x:1");
    assertThat(ImageArchive.prepare(archive, directory.resolve("copy")))
        .isEqualTo(new ImageArchive(archive, List.of("docker.io/library/x:1")));
  }

  @Test
  void aLayoutThatNamesOnlyATagIsNamedByItsFile() throws Exception {
    Path archive = tar("web.tar", "oci-layout", "{}", "index.json", index("v2"));
    Path copy = directory.resolve("copy.tar");
    ImageArchive prepared = ImageArchive.prepare(archive, copy);
    assertThat(prepared).isEqualTo(new ImageArchive(copy, List.of("docker.io/library/web:v2")));
    assertThat(ImageArchive.prepare(copy, directory.resolve("none")))
        .isEqualTo(new ImageArchive(copy, List.of("docker.io/library/web:v2")));
  }

  @Test
  void aLayoutThatNamesItsImageShortlyGetsTheFullName() throws Exception {
    Path archive = tar("web.tar", "oci-layout", "{}", "index.json", index("team/site:v2"));
    assertThat(ImageArchive.prepare(archive, directory.resolve("copy")).names())
        .containsExactly("docker.io/team/site:v2");
  }

  @Test
  void anArchiveOfDockersIsTakenAsItIs() throws Exception {
    Path archive = tar("d.tar", "manifest.json", "[{\"RepoTags\":[\"a:1\",\"ghcr.io/b/c:2\"]}]");
    assertThat(ImageArchive.prepare(archive, directory.resolve("copy")))
        .isEqualTo(new ImageArchive(archive, List.of("docker.io/library/a:1", "ghcr.io/b/c:2")));
  }

  @Test
  void anArchiveWithoutNamesOrImagesIsRefused() throws Exception {
    Path nameless = tar("d.tar", "manifest.json", "[{\"RepoTags\":null}]");
    assertThatThrownBy(() -> ImageArchive.prepare(nameless, directory.resolve("copy")))
        .hasMessageContaining("names no image");
    Path other = tar("o.tar", "readme", "text");
    assertThatThrownBy(() -> ImageArchive.prepare(other, directory.resolve("copy")))
        .hasMessageContaining("no archive of images");
  }

  @Test
  void theLayerHoldsFilesWithModesAndParents() throws Exception {
    Path archive = archive("a.tar", "x:1");
    StringBuilder listing = new StringBuilder();
    try (TarArchiveInputStream in = new TarArchiveInputStream(Files.newInputStream(archive))) {
      for (var entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        if (entry.getSize() > 2000) {
          TarArchiveInputStream layer = new TarArchiveInputStream(in);
          for (var e = layer.getNextEntry(); e != null; e = layer.getNextEntry()) {
            listing.append("%o %s%n".formatted(e.getMode() & 07777, e.getName()));
          }
          break;
        }
      }
    }
    assertThat(listing.toString())
        .isEqualTo("755 bin/\n777 bin/sh\n1777 tmp/\n755 www/\n644 www/index.html\n");
  }

  @Test
  void thePauseProgramIsAnElfFileForEitherArchitecture() {
    assertThat(PauseImage.program("amd64")).hasSize(192).startsWith(0x7f, 'E', 'L', 'F');
    assertThat(PauseImage.program("arm64")).hasSize(208).startsWith(0x7f, 'E', 'L', 'F');
    assertThatThrownBy(() -> PauseImage.program("riscv64")).hasMessageContaining("riscv64");
  }

  private static String index(String reference) {
    var descriptor = Json.object().put("digest", "sha256:00");
    descriptor.putObject("annotations").put("org.opencontainers.image.ref.name", reference);
    var index = Json.object();
    index.putArray("manifests").add(descriptor);
    return index.toString();
  }

  private Path tar(String name, String... filesAndTexts) throws IOException {
    Path archive = directory.resolve(name);
    try (TarArchiveOutputStream out = OciArchive.open(Files.newOutputStream(archive))) {
      for (int i = 0; i < filesAndTexts.length; i += 2) {
        byte[] text = filesAndTexts[i + 1].getBytes(StandardCharsets.UTF_8);
        OciArchive.add(out, filesAndTexts[i], text);
      }
    }
    return archive;
  }
}
