package io.berth.agent.volumes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Whole directories. */
public final class FileTrees {
  private FileTrees() {}

  /** Deletes a directory and all in it, never following a link; what is not there is no error. */
  public static void delete(Path root) throws IOException {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> found = Files.walk(root)) {
      for (Path path : found.toList().reversed()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
