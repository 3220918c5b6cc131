package io.berth.agent.volumes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Gives files to the group that a pod's {@code fsGroup} names; below 0 there is none. */
final class Ownership {
  private static final int SETGID = 02000;

  private Ownership() {}

  /** Files that the agent writes: readable by the group. */
  static void give(Path root, long group) throws IOException {
    if (group < 0) {
      return;
    }
    try (Stream<Path> found = Files.walk(root)) {
      for (Path path : found.toList()) {
        Files.setAttribute(path, "unix:gid", (int) group, LinkOption.NOFOLLOW_LINKS);
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
          mode(path, 0440);
        }
      }
    }
  }

  /** A directory for the containers: what they make in it belongs to the group, too. */
  static void share(Path directory, long group) throws IOException {
    if (group >= 0) {
      Files.setAttribute(directory, "unix:gid", (int) group);
      mode(directory, SETGID);
    }
  }

  /**
   * A whole tree that may hold files already: all of it belongs to the group, which may do with it
   * what its owner may.
   *
   * @param unlessRoot whether a root that is as it should be stands for all below it
   */
  static void shareAll(Path root, long group, boolean unlessRoot) throws IOException {
    if (group < 0 || (unlessRoot && shared(root, group))) {
      return;
    }
    try (Stream<Path> found = Files.walk(root)) {
      // The root comes last: what it says must not be believed before all is done.
      for (Path path : found.toList().reversed()) {
        Files.setAttribute(path, "unix:gid", (int) group, LinkOption.NOFOLLOW_LINKS);
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          mode(path, SETGID | 0770);
        } else if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
          mode(path, 0660);
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static boolean shared(Path root, long group) throws IOException {
    int mode = (Integer) Files.getAttribute(root, "unix:mode");
    return (Integer) Files.getAttribute(root, "unix:gid") == (int) group
        && (mode & (SETGID | 0770)) == (SETGID | 0770);
  }

  private static void mode(Path path, int more) throws IOException {
    int now = (Integer) Files.getAttribute(path, "unix:mode");
    Files.setAttribute(path, "unix:mode", now | more);
  }
}
