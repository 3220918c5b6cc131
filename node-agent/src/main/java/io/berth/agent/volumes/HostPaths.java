package io.berth.agent.volumes;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Checks that a path of the node is what a hostPath volume says it is, or makes it so. */
final class HostPaths {
  private static final int TYPE = 0170000;
  private static final int SOCKET = 0140000;
  private static final int CHARACTER = 0020000;
  private static final int BLOCK = 0060000;

  private HostPaths() {}

  static void check(Path path, String type) throws IOException {
    switch (type) {
      case "" -> {}
      case "DirectoryOrCreate" -> {
        if (!Files.exists(path)) {
          Files.createDirectories(path);
        }
        require(Files.isDirectory(path), path, "a directory");
      }
      case "Directory" -> require(Files.isDirectory(path), path, "a directory");
      case "FileOrCreate" -> {
        try {
          Files.createFile(path);
        } catch (FileAlreadyExistsException e) {
          // what is wanted
        }
        require(Files.isRegularFile(path), path, "a file");
      }
      case "File" -> require(Files.isRegularFile(path), path, "a file");
      case "Socket" -> require(is(path, SOCKET), path, "a socket file");
      case "CharDevice" -> require(is(path, CHARACTER), path, "a character device");
      case "BlockDevice" -> require(is(path, BLOCK), path, "a block device");
      default -> throw new VolumeException("unknown hostPath type " + type);
    }
  }

  private static boolean is(Path path, int type) throws IOException {
    if (!Files.exists(path)) {
      return false;
    }
    Path real = path.toRealPath();
    int mode = (Integer) Files.getAttribute(real, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    return (mode & TYPE) == type;
  }

  private static void require(boolean holds, Path path, String what) {
    if (!holds) {
      throw new VolumeException("hostPath type check failed: " + path + " is not " + what);
    }
  }
}
