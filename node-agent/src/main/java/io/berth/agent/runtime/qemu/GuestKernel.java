package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.RuntimeDriverException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The kernel that machines boot: Debian's cloud kernel, unpacked below a directory as its package
 * has it ({@code boot/vmlinuz-*}, {@code lib/modules/*}), not installed.
 *
 * @param version as in the names of its files
 * @param image the kernel
 * @param modules directory of its modules
 */
public record GuestKernel(String version, Path image, Path modules) {
  private static final String META_PACKAGE = "linux-image-cloud-amd64";
  private static final Duration DOWNLOAD = Duration.ofMinutes(5);

  /** The newest kernel below a directory that also has its modules. */
  public static Optional<GuestKernel> find(Path root) {
    Path boot = root.resolve("boot");
    if (!Files.isDirectory(boot)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(boot)) {
      return files
          .filter(f -> f.getFileName().toString().startsWith("vmlinuz-"))
          .sorted(Comparator.comparing(Path::toString).reversed())
          .flatMap(image -> at(root, image).stream())
          .findFirst();
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot read " + boot + ": " + e.getMessage(), e);
    }
  }

  private static Optional<GuestKernel> at(Path root, Path image) {
    String version = image.getFileName().toString().substring("vmlinuz-".length());
    return Stream.of("lib/modules/", "usr/lib/modules/")
        .map(p -> root.resolve(p + version))
        .filter(Files::isDirectory)
        .findFirst()
        .map(modules -> new GuestKernel(version, image, modules));
  }

  /**
   * Fetches the package with apt and unpacks it. Needs a Debian or Ubuntu machine whose package
   * lists are current; takes as long as a download of 30 MB.
   *
   * @throws RuntimeDriverException it could not; the message says why
   */
  public static GuestKernel fetch(Path root) {
    Path downloads = root.resolve("download");
    try {
      Files.createDirectories(downloads);
      HostTool.require(List.of("apt-get", "download", packageName(downloads)), downloads, DOWNLOAD);
      try (Stream<Path> files = Files.list(downloads)) {
        for (Path deb : files.filter(f -> f.toString().endsWith(".deb")).toList()) {
          HostTool.require(
              List.of("dpkg-deb", "-x", deb.toString(), root.toString()), downloads, DOWNLOAD);
        }
      }
      FileTrees.deleteTree(downloads);
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot unpack a guest kernel: " + e.getMessage(), e);
    }
    return find(root)
        .orElseThrow(() -> new RuntimeDriverException("no kernel in the package " + META_PACKAGE));
  }

  /** The meta package has no files; the kernel is in the one that it depends on. */
  private static String packageName(Path directory) {
    String depends =
        HostTool.require(List.of("apt-cache", "depends", META_PACKAGE), directory, DOWNLOAD);
    return depends
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("Depends: linux-image-"))
        .map(line -> line.substring("Depends: ".length()))
        .findFirst()
        .orElseThrow(() -> new RuntimeDriverException("apt knows no package " + META_PACKAGE));
  }
}
