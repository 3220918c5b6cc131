package io.berth.apiserver.store.embedded;

import io.berth.apiserver.store.StoreUnavailableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Remembers, beside the database, a revision that none ever served is above, so that revisions
 * never repeat: not where the machine lost writes that were not synced yet, and not where an older
 * database was put back. A database whose file is missing was copied here from elsewhere.
 */
final class RevisionCeiling {
  /** How far the ceiling is raised at a time: one small sync for so many writes. */
  static final long STEP = 10_000;

  /** What a database without a ceiling is raised by. */
  static final long RESTORED = 1_000_000_000;

  private static final String FILE = "revision.ceiling";

  private final Path directory;
  private final String boot;
  private long ceiling;

  RevisionCeiling(Path directory) {
    this(directory, bootId());
  }

  RevisionCeiling(Path directory, String boot) {
    this.directory = directory;
    this.boot = boot;
  }

  /**
   * The revision that the store must begin with.
   *
   * @param stored the newest revision in the database
   */
  long firstRevision(long stored) throws IOException {
    Path file = directory.resolve(FILE);
    if (!Files.exists(file)) {
      return stored <= 1 ? stored : stored + RESTORED;
    }
    String[] parts = Files.readString(file).strip().split(" ");
    if (parts.length != 3) {
      return stored + RESTORED;
    }
    ceiling = Long.parseLong(parts[0]);
    boolean clean = parts[1].equals("clean");
    boolean sameBoot = parts[2].equals(boot);
    // The ceiling is raised before the commit that goes beyond it, which may not have come.
    boolean nothingLost =
        clean ? stored == ceiling : sameBoot && stored >= ceiling - 2 * STEP && stored <= ceiling;
    return nothingLost ? stored : Math.max(ceiling, stored);
  }

  /** Raises the ceiling, durably, where a revision would go beyond it. */
  void cover(long revision) {
    if (revision > ceiling) {
      write(revision + STEP, "open");
    }
  }

  /** Says that the database holds all that was served. */
  void closeAt(long revision) {
    write(revision, "clean");
  }

  private void write(long to, String state) {
    Path file = directory.resolve(FILE);
    Path fresh = directory.resolve(FILE + ".new");
    try {
      ByteBuffer text = StandardCharsets.US_ASCII.encode(to + " " + state + " " + boot + "\n");
      try (FileChannel out =
          FileChannel.open(
              fresh,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        out.write(text);
        out.force(true);
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      try (FileChannel parent = FileChannel.open(directory, StandardOpenOption.READ)) {
        parent.force(true);
      }
      ceiling = to;
    } catch (IOException e) {
      throw new StoreUnavailableException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** Changes when the machine restarts: what a process wrote outlives that process only. */
  private static String bootId() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    } catch (IOException e) {
      return "unknown-" + ProcessHandle.current().pid(); // then every start counts as a new boot
    }
  }
}
