package io.berth.apiserver.store.embedded;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Has SQLite's native library unpacked into the data directory and not into the machine's temporary
 * one, where each process that is killed would leave a copy behind.
 */
final class NativeLibrary {
  private static final String PROPERTY = "org.sqlite.tmpdir";
  private static final String FILES = "sqlite-*";

  private NativeLibrary() {}

  /** To be called by the holder of the directory's lock; an operator's own setting wins. */
  static void unpackInto(Path directory) throws IOException {
    if (System.getProperty(PROPERTY) != null) {
      return;
    }
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, FILES)) {
      for (Path file : left) {
        Files.delete(file);
      }
    }
    System.setProperty(PROPERTY, directory.toString());
  }
}
