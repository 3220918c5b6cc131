package io.berth.cli.up;

import io.berth.api.time.SystemEnvironment;
import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import io.berth.cli.kube.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Stops the cluster on this machine. */
@Command(
    name = "down",
    description = "Stop the cluster on this machine.",
    mixinStandardHelpOptions = true)
public final class DownCommand implements Runnable {
  @Option(names = "--data-dir", paramLabel = "DIR", description = "The cluster's data directory.")
  private @Nullable Path dataDirectory;

  @Option(names = "--keep-workloads", description = "Let containers and virtual machines run on.")
  private boolean keepWorkloads;

  @Option(names = "--purge", description = "Delete the cluster's data as well.")
  private boolean purge;

  @Option(names = "--timeout", paramLabel = "SECONDS", description = "How long to wait at most.")
  private long timeoutSeconds = 90;

  @Override
  public void run() {
    if (keepWorkloads && purge) {
      throw new CommandException("--keep-workloads and --purge exclude each other");
    }
    DataDirectory directory = DataDirectory.of(dataDirectory);
    try (SystemEnvironment environment = new SystemEnvironment()) {
      boolean ran = InstanceLock.held(directory);
      if (ran) {
        stop(environment, directory);
      }
      // What a killed process left behind, and nothing where it stopped in order.
      if (!keepWorkloads && Files.exists(directory.root())) {
        NodeRuntime.stopLeftOvers(environment, directory);
      }
      if (purge) {
        delete(directory.root());
      }
      System.out.println(
          ran
              ? "Stopped the cluster in " + directory.root()
              : "No cluster ran in " + directory.root());
    }
  }

  private void stop(SystemEnvironment environment, DataDirectory directory) {
    Optional<ProcessHandle> holder = InstanceLock.holder(directory);
    if (holder.isEmpty()) {
      throw new CommandException(
          directory.root() + " is held by a process that left no word of itself");
    }
    try {
      if (keepWorkloads) {
        Files.writeString(directory.keepWorkloads(), "");
      } else {
        Files.deleteIfExists(directory.keepWorkloads());
      }
    } catch (IOException e) {
      throw new CommandException("cannot write in " + directory.root() + ": " + e.getMessage(), e);
    }
    holder.get().destroy();
    Waiting waiting = new Waiting(environment, Duration.ofSeconds(timeoutSeconds));
    if (!waiting.until(() -> !holder.get().isAlive() && !InstanceLock.held(directory))) {
      throw new CommandException(
          "process "
              + holder.get().pid()
              + " has not stopped after "
              + timeoutSeconds
              + " s: see "
              + directory.log());
    }
  }

  private static void delete(Path root) {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new CommandException("cannot delete " + e.getMessage(), e);
    }
  }
}
