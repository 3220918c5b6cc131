package io.berth.agent.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A process that outlives this one: in a session of its own, so that neither Ctrl-C in a terminal
 * nor our death reaches it, with its output in a file. It is known again by pid and start time,
 * which are kept in a file: a pid alone may have been given to another process since.
 */
public final class Daemon {
  private final ProcessHandle handle;

  private Daemon(ProcessHandle handle) {
    this.handle = handle;
  }

  /**
   * Starts a command.
   *
   * @param pidFile where to remember it
   * @param log its output is appended here
   */
  public static Daemon start(List<String> command, Path pidFile, Path log) throws IOException {
    List<String> inSession = new ArrayList<>(List.of("setsid"));
    inSession.addAll(command);
    Process process =
        new ProcessBuilder(inSession)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    // setsid makes a session and then becomes the command: the pid stays.
    String text = process.pid() + " " + startTime(process.pid()).orElse("gone") + "\n";
    Path next = pidFile.resolveSibling(pidFile.getFileName() + ".new");
    Files.writeString(next, text);
    Files.move(next, pidFile, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    return new Daemon(process.toHandle());
  }

  /** The process that the file remembers, where it still runs. */
  public static Optional<Daemon> find(Path pidFile) {
    try {
      String[] parts = Files.readString(pidFile).strip().split(" ", -1);
      long pid = Long.parseLong(parts[0]);
      if (parts.length != 2 || !startTime(pid).equals(Optional.of(parts[1]))) {
        return Optional.empty();
      }
      return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).map(Daemon::new);
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  public long pid() {
    return handle.pid();
  }

  public boolean alive() {
    return handle.isAlive();
  }

  /** Calls back, from any thread, once it has ended. */
  public void onExit(Runnable callback) {
    CompletableFuture<?> ended = handle.onExit().thenRun(callback);
    ended.exceptionally(e -> null);
  }

  /** Asks it to end, and kills it when it has not within the time. Waits until it is gone. */
  public void stop(Duration grace) throws InterruptedException {
    handle.destroy();
    if (!awaitExit(grace)) {
      handle.destroyForcibly();
      awaitExit(grace);
    }
  }

  private boolean awaitExit(Duration limit) throws InterruptedException {
    try {
      handle.onExit().get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (java.util.concurrent.ExecutionException e) {
      return !handle.isAlive();
    }
  }

  /** The process's start in ticks since boot, from the kernel; empty where there is no such one. */
  private static Optional<String> startTime(long pid) {
    @Nullable String stat = readStat(pid);
    if (stat == null) {
      return Optional.empty();
    }
    // The second field is the command in parentheses and may hold blanks; start time is the 22nd.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    boolean zombie = fields[0].equals("Z") || fields[0].equals("X");
    return zombie ? Optional.empty() : Optional.of(fields[19]);
  }

  private static @Nullable String readStat(long pid) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.UTF_8);
    } catch (IOException | UncheckedIOException e) {
      return null;
    }
  }
}
