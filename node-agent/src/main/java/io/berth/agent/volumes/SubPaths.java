package io.berth.agent.volumes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Mounts parts of volumes where no container can move them: containers that share a volume may put
 * symbolic links into it at any time, also between a look at a path and its use. So the path is
 * opened by the kernel, which follows no link out of the volume, and what was opened is mounted
 * beside the pod's volumes; the runtime is given that place.
 */
public final class SubPaths {
  private static final int DIRECTORY = 0040000;
  private static final int TYPE = 0170000;

  private SubPaths() {}

  /**
   * Mounts a part of a volume; directories that are missing are made.
   *
   * @param volume the volume's root
   * @param subPath relative, with no {@code ..} in it
   * @param target where to mount it; what was mounted there before goes
   * @throws IOException a link leads out of the volume, or the kernel refused; the message says so
   */
  public static void mount(Path volume, String subPath, Path target) throws IOException {
    try (OpenFile root = OpenFile.directory(volume);
        OpenFile part = open(root, subPath, mode(volume))) {
      while (OpenFile.unmount(target)) {
        // an earlier container's
      }
      prepare(target, (mode(part.path()) & TYPE) == DIRECTORY);
      part.bind(target);
    }
  }

  private static int mode(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:mode");
  }

  private static OpenFile open(OpenFile root, String subPath, int mode) throws IOException {
    OpenFile found = root.beneath(subPath);
    if (found != null) {
      return found;
    }
    String made = "";
    for (String name : subPath.split("/+")) {
      String next = made.isEmpty() ? name : made + "/" + name;
      OpenFile there = root.beneath(next);
      if (there != null) {
        there.close();
      } else {
        try (OpenFile parent = made.isEmpty() ? root.again() : root.beneath(made)) {
          if (parent == null) {
            throw new IOException(made + " has gone");
          }
          parent.makeDirectory(name, mode & 0777);
        }
      }
      made = next;
    }
    OpenFile all = root.beneath(made);
    if (all == null) {
      throw new IOException(made + " has gone");
    }
    return all;
  }

  private static void prepare(Path target, boolean directory) throws IOException {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)
        && Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS) != directory) {
      Files.delete(target);
    }
    if (directory) {
      Files.createDirectories(target);
    } else if (!Files.exists(target)) {
      Files.createDirectories(target.resolveSibling("."));
      Files.createFile(target);
    }
  }
}
