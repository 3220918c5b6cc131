package io.berth.agent.images;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The files of an image to be made. Owners are root, times are zero, order is by name, so that the
 * same files make the same image. Parent directories come by themselves. Not for use by several
 * threads at once.
 */
public final class FileTree {
  /** A file, directory or link in the image. */
  sealed interface Node {
    /** File permissions, such as 0755. */
    int mode();
  }

  record DirectoryNode(int mode) implements Node {}

  record BytesNode(byte[] bytes, int mode) implements Node {}

  record FileNode(Path source, int mode) implements Node {}

  record SymlinkNode(String target) implements Node {
    @Override
    public int mode() {
      return 0777;
    }
  }

  private final SortedMap<String, Node> nodes = new TreeMap<>();

  /**
   * @param path absolute in the image
   * @param mode permissions, such as 01777
   */
  public FileTree directory(String path, int mode) {
    return put(path, new DirectoryNode(mode));
  }

  public FileTree file(String path, byte[] bytes, int mode) {
    return put(path, new BytesNode(bytes.clone(), mode));
  }

  public FileTree file(String path, String text) {
    return file(path, text.getBytes(StandardCharsets.UTF_8), 0644);
  }

  /** Copies a file of this machine; it is read when the image is written. */
  public FileTree copy(String path, Path source, int mode) {
    return put(path, new FileNode(source, mode));
  }

  public FileTree symlink(String path, String target) {
    return put(path, new SymlinkNode(target));
  }

  /** Copies all below a directory of this machine; links are kept as links. */
  public FileTree copyTree(String path, Path source) {
    try (Stream<Path> files = Files.walk(source)) {
      files.filter(f -> !f.equals(source)).forEach(f -> copyNode(path, source, f));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** Debian's static busybox with a link for each applet in {@code /bin}, and the usual files. */
  public FileTree busybox(Path binary, Iterable<String> applets) {
    copy("/bin/busybox", binary, 0755);
    for (String applet : applets) {
      symlink("/bin/" + applet, "busybox");
    }
    symlink("/usr/bin", "../bin").symlink("/sbin", "bin").symlink("/usr/sbin", "../bin");
    file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n");
    file("/etc/group", "root:x:0:\nnogroup:x:65534:\n");
    directory("/tmp", 01777).directory("/root", 0700);
    return directory("/proc", 0555).directory("/sys", 0555).directory("/dev", 0755);
  }

  /** Every node by its path in the image, without a leading slash, parents before children. */
  SortedMap<String, Node> nodes() {
    return nodes;
  }

  private void copyNode(String below, Path root, Path file) {
    String path = below + "/" + root.relativize(file);
    try {
      if (Files.isSymbolicLink(file)) {
        symlink(path, Files.readSymbolicLink(file).toString());
      } else if (Files.isDirectory(file)) {
        directory(path, modeOf(file));
      } else {
        copy(path, file, modeOf(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int modeOf(Path file) throws IOException {
    Object mode = Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    return (Integer) mode & 07777;
  }

  private FileTree put(String path, Node node) {
    String name = Path.of("/", path).normalize().toString().substring(1);
    for (int i = name.indexOf('/'); i > 0; i = name.indexOf('/', i + 1)) {
      nodes.putIfAbsent(name.substring(0, i), new DirectoryNode(0755));
    }
    nodes.put(name, node);
    return this;
  }
}
