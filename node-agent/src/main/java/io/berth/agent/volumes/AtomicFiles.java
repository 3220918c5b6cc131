package io.berth.agent.volumes;

import io.berth.api.time.Environment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Writes a set of files so that readers see all of the old ones or all of the new.
 *
 * <pre>
 *   dir/key          -> ..data/key
 *   dir/..data       -> ..2026_01_31_12_00_00.123456789   (renamed into place)
 *   dir/..2026_.../key
 * </pre>
 */
final class AtomicFiles {
  private static final String DATA = "..data";
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyy_MM_dd_HH_mm_ss").withZone(ZoneOffset.UTC);

  /**
   * What a file is to be.
   *
   * @param bytes its content
   * @param mode its permission bits
   * @param user who owns it; below 0 for whom the agent runs as
   */
  record Content(byte[] bytes, int mode, long user) {
    Content(byte[] bytes, int mode) {
      this(bytes, mode, -1);
    }

    boolean equalTo(Path file) throws IOException {
      return Files.isRegularFile(file)
          && (user < 0 || (int) user == (Integer) Files.getAttribute(file, "unix:uid"))
          && Arrays.equals(bytes, Files.readAllBytes(file))
          && Files.getPosixFilePermissions(file).containsAll(permissions(mode));
    }
  }

  private AtomicFiles() {}

  /** Whether anything had to be written. Paths are relative, with {@code /} between their parts. */
  static boolean write(Path directory, SortedMap<String, Content> files, Environment environment)
      throws IOException {
    Files.createDirectories(directory);
    Path data = directory.resolve(DATA);
    if (Files.isSymbolicLink(data) && same(data, files)) {
      return false;
    }
    Path old = Files.isSymbolicLink(data) ? directory.resolve(Files.readSymbolicLink(data)) : null;
    long fraction = environment.random().nextLong(1_000_000_000L);
    Path fresh =
        directory.resolve(
            ".." + STAMP.format(environment.clock().now()) + "." + String.format("%09d", fraction));
    Files.createDirectory(fresh);
    chmod(fresh, 0755);
    for (Map.Entry<String, Content> file : files.entrySet()) {
      put(fresh, file.getKey(), file.getValue());
    }
    Path next = directory.resolve("..data_tmp");
    Files.deleteIfExists(next);
    Files.createSymbolicLink(next, fresh.getFileName());
    Files.move(next, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    link(directory, files);
    if (old != null) {
      FileTrees.delete(old);
    }
    return true;
  }

  /** Writes one file so that it is there whole or not at all. */
  static void replace(Path file, byte[] bytes) throws IOException {
    Path next = file.resolveSibling(".new-" + file.getFileName());
    Files.write(next, bytes);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static boolean same(Path data, SortedMap<String, Content> files) throws IOException {
    Set<String> present = new TreeSet<>();
    Path root = data.toRealPath();
    try (Stream<Path> found = Files.walk(root)) {
      found.filter(Files::isRegularFile).forEach(f -> present.add(root.relativize(f).toString()));
    } catch (NoSuchFileException e) {
      return false;
    }
    if (!present.equals(files.keySet())) {
      return false;
    }
    for (Map.Entry<String, Content> file : files.entrySet()) {
      if (!file.getValue().equalTo(root.resolve(file.getKey()))) {
        return false;
      }
    }
    return true;
  }

  private static void put(Path root, String name, Content content) throws IOException {
    Path file = root.resolve(name).normalize();
    if (!file.startsWith(root)) {
      throw new IOException("path " + name + " leaves the volume");
    }
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.write(file, content.bytes());
    chmod(file, content.mode());
    if (content.user() >= 0) {
      Files.setAttribute(file, "unix:uid", (int) content.user());
    }
  }

  /** Names at the top are links through {@code ..data}; those of files that went are removed. */
  private static void link(Path directory, SortedMap<String, Content> files) throws IOException {
    Set<String> tops = new TreeSet<>();
    files.keySet().forEach(name -> tops.add(name.split("/", 2)[0]));
    for (String top : tops) {
      Path link = directory.resolve(top);
      if (!Files.isSymbolicLink(link)) {
        Files.createSymbolicLink(link, Path.of(DATA, top));
      }
    }
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path entry : entries.toList()) {
        String name = String.valueOf(entry.getFileName());
        if (!name.startsWith("..") && !tops.contains(name)) {
          Files.delete(entry);
        }
      }
    }
  }

  static void chmod(Path file, int mode) throws IOException {
    Files.setPosixFilePermissions(file, permissions(mode));
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] bits = PosixFilePermission.values(); // owner read to others execute
    for (int i = 0; i < bits.length; i++) {
      if ((mode & 0400 >> i) != 0) {
        set.add(bits[i]);
      }
    }
    return set;
  }
}
