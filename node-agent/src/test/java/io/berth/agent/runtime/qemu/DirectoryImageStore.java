package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.RuntimeDriverException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Images whose file system is made of busybox alone. */
final class DirectoryImageStore implements ImageStore {
  private static final Path BUSYBOX = Path.of("/bin/busybox");
  private static final List<String> APPLETS =
      List.of(
          "sh",
          "echo",
          "cat",
          "sleep",
          "true",
          "false",
          "id",
          "env",
          "ls",
          "mount",
          "dd",
          "head",
          "ip",
          "hostname",
          "kill",
          "touch",
          "tty",
          "stty",
          "wc",
          "grep",
          "test",
          "nc",
          "readlink",
          "mknod",
          "chmod",
          "yes",
          "od");

  private final Map<String, ImageConfig> images = new LinkedHashMap<>();

  DirectoryImageStore with(
      String name, String user, List<String> entrypoint, List<String> command) {
    images.put(
        name,
        new ImageConfig(
            entrypoint, command, List.of("FROM_IMAGE=yes"), "/srv", user, "SIGTERM", Map.of()));
    return this;
  }

  @Override
  public void remove(String reference) {
    images.remove(reference);
  }

  @Override
  public List<Image> list() {
    return images.keySet().stream().map(DirectoryImageStore::image).toList();
  }

  /** The id begins with what differs, since a disk's serial number holds only its beginning. */
  private static Image image(String name) {
    String id = "sha256:" + String.format("%08x", name.hashCode()) + "0".repeat(56);
    return new Image(id, List.of(name), 1 << 20);
  }

  @Override
  public Optional<Image> find(String reference) {
    return list().stream()
        .filter(i -> i.names().contains(reference) || i.id().equals(reference))
        .findFirst();
  }

  @Override
  public Image pull(String reference, @Nullable Auth auth) {
    throw new RuntimeDriverException("no registry");
  }

  @Override
  public List<String> load(Path archive) {
    throw new RuntimeDriverException("no archives");
  }

  @Override
  public ImageConfig config(String reference) {
    ImageConfig config = images.get(reference);
    if (config == null) {
      throw new RuntimeDriverException("no image " + reference);
    }
    return config;
  }

  @Override
  public void unpack(String reference, Path directory) {
    try {
      Path bin = Files.createDirectories(directory.resolve("bin"));
      Files.createDirectories(directory.resolve("etc"));
      Files.createDirectories(directory.resolve("tmp"));
      Files.copy(BUSYBOX, bin.resolve("busybox"));
      for (String applet : APPLETS) {
        Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
      }
      Files.writeString(
          directory.resolve("etc/passwd"),
          "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000::/home/web:/bin/sh\n");
      Files.writeString(
          directory.resolve("etc/group"), "root:x:0:\nweb:x:1000:\nextra:x:2000:web\n");
      Files.writeString(directory.resolve("etc/plain"), "not a program\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
