package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.RuntimeDriverException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The disks that machines run from. An image's root file system becomes one read-only disk, made
 * once and shared by all machines; what a pod writes goes to a scratch disk of its own. Safe for
 * use by many threads.
 */
final class ImageDisks {
  private static final Logger log = LoggerFactory.getLogger(ImageDisks.class);
  private static final Duration MAKE = Duration.ofMinutes(10);
  private static final long MIB = 1024 * 1024;

  /** A read-only disk and the serial number by which the guest finds it. */
  record Disk(String serial, Path file) {}

  private final Path directory;
  private final ImageStore images;
  private final Map<String, Object> locks = new ConcurrentHashMap<>();

  ImageDisks(Path directory, ImageStore images) {
    this.directory = directory;
    this.images = images;
  }

  /** Serial numbers of virtio disks have at most 20 characters. */
  static String serialOf(String imageId) {
    String hex = imageId.startsWith("sha256:") ? imageId.substring("sha256:".length()) : imageId;
    return "img-" + (hex.length() <= 16 ? hex : hex.substring(0, 16));
  }

  /**
   * The image's disk, made where it is not there yet.
   *
   * @throws RuntimeDriverException it could not be made
   */
  Disk disk(ImageStore.Image image) {
    String serial = serialOf(image.id());
    Path file = directory.resolve(serial + ".ext4");
    synchronized (locks.computeIfAbsent(serial, s -> new Object())) {
      if (!Files.exists(file)) {
        make(image, serial, file);
      }
    }
    return new Disk(serial, file);
  }

  private void make(ImageStore.Image image, String serial, Path file) {
    Path root = directory.resolve(serial + ".root");
    Path next = directory.resolve(serial + ".new");
    try {
      FileTrees.deleteTree(root);
      Files.createDirectories(root);
      images.unpack(image.names().isEmpty() ? image.id() : image.names().getFirst(), root);
      long size = sizeFor(root);
      HostTool.Result result = format(next, size, root);
      if (result.exitCode() != 0) {
        /* the estimate was too small */
        result = format(next, size * 2, root);
      }
      if (result.exitCode() != 0) {
        throw new RuntimeDriverException("cannot make the image's disk: " + result.output());
      }
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
      log.info("image disk made image={} bytes={}", image.id(), size);
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot make the image's disk: " + e.getMessage(), e);
    } finally {
      FileTrees.deleteQuietly(root);
      FileTrees.deleteQuietly(next);
    }
  }

  private HostTool.Result format(Path file, long bytes, Path root) throws IOException {
    Files.deleteIfExists(file);
    allocate(file, bytes);
    return mke2fs(file, List.of("-d", root.toString(), "-i", "8192"));
  }

  private HostTool.Result mke2fs(Path file, List<String> more) {
    List<String> command =
        Stream.of(
                List.of("mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-m", "0"),
                List.of("-E", "lazy_itable_init=1,nodiscard,root_owner=0:0"),
                more,
                List.of(file.toString()))
            .flatMap(List::stream)
            .toList();
    return HostTool.run(command, directory, MAKE);
  }

  private static void allocate(Path file, long bytes) throws IOException {
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(bytes);
    }
  }

  /** Blocks, one inode for each 8 KiB as mke2fs is told, and some room for its own tables. */
  private static long sizeFor(Path root) throws IOException {
    long[] sum = {0, 0};
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
            return count(attributes);
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
            return count(attributes);
          }

          private FileVisitResult count(BasicFileAttributes attributes) {
            sum[0] += (attributes.size() + 4095) / 4096 * 4096 + 4096;
            sum[1]++;
            return FileVisitResult.CONTINUE;
          }
        });
    long needed = Math.max(sum[0] + sum[0] / 10, sum[1] * 8192) + 8 * MIB;
    return (needed + MIB - 1) / MIB * MIB;
  }

  /** Makes an empty, sparse disk for what a pod writes. */
  void scratch(Path file, long bytes) {
    try {
      allocate(file, bytes);
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot make the scratch disk: " + e.getMessage(), e);
    }
    HostTool.Result result = mke2fs(file, List.of("-i", "65536"));
    if (result.exitCode() != 0) {
      throw new RuntimeDriverException("cannot make the scratch disk: " + result.output());
    }
  }

  /** Deletes disks of images that the node no longer has and that no machine uses. */
  void prune(Set<String> used) {
    for (ImageStore.Image image : images.list()) {
      used.add(serialOf(image.id()));
    }
    try (Stream<Path> files = Files.list(directory)) {
      files
          .filter(f -> f.toString().endsWith(".ext4"))
          .filter(f -> !used.contains(f.getFileName().toString().replace(".ext4", "")))
          .forEach(FileTrees::deleteQuietly);
    } catch (IOException e) {
      log.warn("cannot prune image disks reason={}", e.toString());
    }
  }
}
