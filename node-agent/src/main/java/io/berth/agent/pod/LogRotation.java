package io.berth.agent.pod;

import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the logs of running containers from filling the disk: a log that has grown over its limit
 * is renamed to {@code 0.log.<time>} and begun anew, and of the old ones only the newest stay.
 */
public final class LogRotation implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LogRotation.class);
  private static final Duration PERIOD = Duration.ofSeconds(10);
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss.SSS").withZone(ZoneOffset.UTC);

  private final Environment environment;
  private final RuntimeView view;
  private final PodPaths paths;
  private final long maxBytes;
  private final int maxFiles;
  private volatile boolean closed;
  private volatile Timers.@Nullable Cancellable timer;

  public LogRotation(
      Environment environment, RuntimeView view, PodPaths paths, long maxBytes, int maxFiles) {
    this.environment = environment;
    this.view = view;
    this.paths = paths;
    this.maxBytes = maxBytes;
    this.maxFiles = maxFiles;
  }

  void start() {
    timer = environment.timers().after(PERIOD, this::run);
  }

  private void run() {
    if (closed) {
      return;
    }
    try {
      step();
    } finally {
      timer = environment.timers().after(PERIOD, this::run);
    }
  }

  /** Looks at every running container's log once. */
  public void step() {
    for (Map.Entry<String, RuntimeView.Observed> pod : view.last().pods().entrySet()) {
      RuntimeDriver driver = pod.getValue().driver();
      RuntimeState state = pod.getValue().state();
      if (driver == null || state.sandboxes().isEmpty()) {
        continue;
      }
      var sandbox = state.sandboxes().getFirst();
      PodId id = new PodId(sandbox.namespace(), sandbox.name(), pod.getKey());
      for (Container container : state.alive()) {
        Path file = paths.log(id, container.name(), container.attempt());
        try {
          rotate(driver, container.id(), file);
        } catch (IOException | RuntimeDriverException e) {
          log.warn("log not rotated file={} error={}", file, e.getMessage());
        }
      }
    }
  }

  private void rotate(RuntimeDriver driver, String containerId, Path file) throws IOException {
    if (!Files.exists(file) || Files.size(file) <= maxBytes) {
      return;
    }
    String name = file.getFileName() + "." + STAMP.format(environment.clock().now());
    Path old = file.resolveSibling(name);
    Files.move(file, old);
    if (!driver.reopenLog(containerId)) {
      Files.move(old, file); // the driver keeps its logs short by itself
      return;
    }
    List<Path> all = rotated(file);
    for (Path gone : all.subList(0, Math.max(0, all.size() - (maxFiles - 1)))) {
      Files.deleteIfExists(gone);
    }
  }

  /** Deletes the log of a container that is gone, with all its old parts. */
  static void delete(Path file) throws IOException {
    for (Path part : rotated(file)) {
      Files.deleteIfExists(part);
    }
    Files.deleteIfExists(file);
  }

  /** The old parts of a log, the oldest first. */
  public static List<Path> rotated(Path file) throws IOException {
    Path directory = file.resolveSibling(".").normalize();
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    String prefix = file.getFileName() + ".";
    try (Stream<Path> found = Files.list(directory)) {
      return found
          .filter(path -> String.valueOf(path.getFileName()).startsWith(prefix))
          .sorted()
          .toList();
    }
  }

  @Override
  public void close() {
    closed = true;
    Timers.Cancellable waiting = timer;
    if (waiting != null) {
      waiting.cancel();
    }
  }
}
