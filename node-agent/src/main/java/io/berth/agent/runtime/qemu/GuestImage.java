package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.RuntimeDriverException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Makes what the kernel unpacks as its first root: the guest program, compiled here from the
 * sources that the agent carries, and the kernel modules that it has to load. Both are kept below a
 * directory under names that tell their content, so that they are made once.
 */
final class GuestImage {
  private static final List<String> SOURCES =
      List.of(
          "guest.h",
          "boot.c",
          "container.c",
          "exec.c",
          "files.c",
          "launch.c",
          "main.c",
          "net.c",
          "seccomp.c",
          "wire.c");
  private static final Duration COMPILE = Duration.ofMinutes(2);

  /** In the order in which they depend on one another; what a kernel has built in is not there. */
  private static final List<String> MODULES =
      List.of(
          "virtio_ring",
          "virtio",
          "virtio_pci_modern_dev",
          "virtio_pci_legacy_dev",
          "virtio_pci",
          "virtio_blk",
          "virtio_console",
          "failover",
          "net_failover",
          "virtio_net",
          "virtio-rng",
          "overlay");

  private final Path directory;

  /**
   * @param directory where results are kept
   */
  GuestImage(Path directory) {
    this.directory = directory;
  }

  /**
   * The archive for a kernel, made where it is not there yet.
   *
   * @throws RuntimeDriverException the compiler or a module is missing
   */
  synchronized Path archive(GuestKernel kernel) {
    Map<String, byte[]> sources = sources();
    String name = digest(sources, kernel.version());
    Path archive = directory.resolve(name + ".cpio");
    if (Files.exists(archive)) {
      return archive;
    }
    Path work = null;
    try {
      Files.createDirectories(directory);
      work = Files.createTempDirectory(directory, "build-"); // other agents may be at it too
      byte[] program = compile(sources, work);
      FileTrees.writeAtomically(archive, assemble(program, kernel, work));
      return archive;
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot make the guest's image: " + e.getMessage(), e);
    } finally {
      if (work != null) {
        FileTrees.deleteQuietly(work);
      }
    }
  }

  private static Map<String, byte[]> sources() {
    Map<String, byte[]> sources = new LinkedHashMap<>();
    for (String name : SOURCES) {
      try (InputStream in = GuestImage.class.getResourceAsStream("/io/berth/agent/guest/" + name)) {
        if (in == null) {
          throw new RuntimeDriverException("the guest program's source " + name + " is missing");
        }
        sources.put(name, in.readAllBytes());
      } catch (IOException e) {
        throw new RuntimeDriverException("cannot read the guest program's sources", e);
      }
    }
    return sources;
  }

  private static String digest(Map<String, byte[]> sources, String kernelVersion) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sources.forEach(
          (name, content) -> {
            sha.update(name.getBytes(StandardCharsets.UTF_8));
            sha.update(content);
          });
      sha.update(kernelVersion.getBytes(StandardCharsets.UTF_8));
      return "guest-" + HexFormat.of().formatHex(sha.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] compile(Map<String, byte[]> sources, Path work) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of("gcc", "-static", "-Os", "-std=gnu11", "-Wall", "-Wno-format-truncation"));
    command.addAll(List.of("-ffunction-sections", "-Wl,--gc-sections", "-s", "-o", "init"));
    for (Map.Entry<String, byte[]> source : sources.entrySet()) {
      Files.write(work.resolve(source.getKey()), source.getValue());
      if (source.getKey().endsWith(".c")) {
        command.add(source.getKey());
      }
    }
    HostTool.require(command, work, COMPILE);
    return Files.readAllBytes(work.resolve("init"));
  }

  private static byte[] assemble(byte[] program, GuestKernel kernel, Path work) throws IOException {
    CpioArchive archive = new CpioArchive().directory("dev").device("dev/console", 5, 1);
    archive.file("init", 0755, program).directory("modules");
    StringBuilder order = new StringBuilder();
    for (String module : MODULES) {
      Optional<Path> file = moduleFile(kernel.modules(), module);
      if (file.isPresent()) {
        archive.file("modules/" + module + ".ko", 0644, decompressed(file.get(), work));
        order.append(module).append(".ko\n");
      }
    }
    return archive
        .file("modules/order", 0644, order.toString().getBytes(StandardCharsets.UTF_8))
        .toBytes();
  }

  private static Optional<Path> moduleFile(Path modules, String name) throws IOException {
    try (Stream<Path> files = Files.walk(modules)) {
      return files
          .filter(f -> f.getFileName().toString().matches(name + "\\.ko(\\.xz|\\.zst|\\.gz)?"))
          .findFirst();
    }
  }

  private static byte[] decompressed(Path file, Path work) throws IOException {
    String name = file.getFileName().toString();
    if (name.endsWith(".ko")) {
      return Files.readAllBytes(file);
    }
    String tool = name.endsWith(".xz") ? "xz" : name.endsWith(".zst") ? "zstd" : "gzip";
    Path copy = work.resolve(name);
    Files.copy(file, copy);
    Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-r--r--"));
    HostTool.require(List.of(tool, "-d", "-q", copy.toString()), work, COMPILE);
    return Files.readAllBytes(work.resolve(name.substring(0, name.lastIndexOf('.'))));
  }
}
