package io.berth.cli.up;

import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a second cluster out of a data directory, and tells who holds it. The lock ends with the
 * process.
 */
final class InstanceLock implements AutoCloseable {
  private final FileChannel channel;
  private final Path pidFile;

  private InstanceLock(FileChannel channel, Path pidFile) {
    this.channel = channel;
    this.pidFile = pidFile;
  }

  /**
   * @throws CommandException another process holds the directory, or it cannot be written
   */
  static InstanceLock take(DataDirectory directory) {
    try {
      Files.createDirectories(directory.root());
      FileChannel channel =
          FileChannel.open(
              directory.root().resolve("berth.lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      if (tryLock(channel) == null) {
        channel.close();
        String holder = holder(directory).map(p -> "process " + p.pid()).orElse("another process");
        throw new CommandException(
            holder
                + " already runs a cluster in "
                + directory.root()
                + ": stop it with 'berth down', or choose another --data-dir");
      }
      Files.writeString(directory.pidFile(), Long.toString(ProcessHandle.current().pid()));
      return new InstanceLock(channel, directory.pidFile());
    } catch (IOException e) {
      throw new CommandException("cannot use " + directory.root() + ": " + e.getMessage(), e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /** Whether a process holds the directory now. */
  static boolean held(DataDirectory directory) {
    Path file = directory.root().resolve("berth.lock");
    if (!Files.exists(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      FileLock lock = tryLock(channel);
      if (lock != null) {
        lock.release();
      }
      return lock == null;
    } catch (IOException e) {
      throw new CommandException("cannot look at " + file + ": " + e.getMessage(), e);
    }
  }

  /** The process that holds the directory, as far as it left word. */
  static Optional<ProcessHandle> holder(DataDirectory directory) {
    try {
      long pid = Long.parseLong(Files.readString(directory.pidFile()).strip());
      return ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(pidFile);
      channel.close();
    } catch (IOException e) {
      throw new CommandException("cannot let go of " + pidFile + ": " + e.getMessage(), e);
    }
  }
}
