package io.berth.agent.runtime.fake;

import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.ContainerUsage;
import io.berth.agent.runtime.RuntimeDriver.Mount;
import io.berth.agent.runtime.RuntimeDriver.MountKind;
import io.berth.agent.runtime.RuntimeDriverException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A container of a {@link FakeDriver}, which guards all but {@link #awaitEnd} and {@link #ended}.
 */
final class FakeContainer {
  private final String id;
  private final String sandboxId;
  private final ContainerSpec spec;
  private final String imageId;
  private final Instant createdAt;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private FakeProcess process = FakeProcess.SERVICE;
  private volatile ContainerState state = ContainerState.CREATED;
  private @Nullable Instant startedAt;
  private @Nullable Instant finishedAt;
  private int exitCode;
  private String reason = "";

  FakeContainer(
      String id, String sandboxId, ContainerSpec spec, String imageId, Instant createdAt) {
    this.id = id;
    this.sandboxId = sandboxId;
    this.spec = spec;
    this.imageId = imageId;
    this.createdAt = createdAt;
  }

  String id() {
    return id;
  }

  String sandboxId() {
    return sandboxId;
  }

  ContainerSpec spec() {
    return spec;
  }

  ContainerState state() {
    return state;
  }

  FakeProcess process() {
    return process;
  }

  void start(FakeProcess what, Instant now) {
    if (state != ContainerState.CREATED) {
      throw new RuntimeDriverException("container " + id + " is " + state);
    }
    process = what;
    startedAt = now;
    state = ContainerState.RUNNING;
    log("stdout", what.stdout(), now);
    log("stderr", what.stderr(), now);
  }

  /** Whether it ran. */
  boolean end(int code, String why, Instant now) {
    if (state != ContainerState.RUNNING) {
      return false;
    }
    state = ContainerState.EXITED;
    exitCode = code;
    reason = why;
    finishedAt = now;
    for (Mount mount : spec.mounts()) {
      if (mount.kind() == MountKind.TERMINATION_LOG && !process.lastWords().isEmpty()) {
        append(mount.hostPath(), process.lastWords());
      }
    }
    ended.complete(null);
    return true;
  }

  /** Done once it has ended. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  void awaitEnd() {
    var _ = ended.join();
  }

  private void log(String stream, String text, Instant now) {
    if (!text.isEmpty()) {
      StringBuilder lines = new StringBuilder();
      text.lines()
          .forEach(
              line ->
                  lines
                      .append(now)
                      .append(' ')
                      .append(stream)
                      .append(" F ")
                      .append(line)
                      .append('\n'));
      append(spec.logPath(), lines.toString());
    }
  }

  private static void append(Path file, String text) {
    try {
      Path parent = file.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  ContainerUsage usage(Instant now) {
    Instant since = startedAt == null ? now : startedAt;
    long nanos = Duration.between(since, now).toNanos();
    return new ContainerUsage(id, now, nanos / 100, 4 << 20);
  }

  Container view() {
    return new Container(
        id,
        sandboxId,
        spec.name(),
        spec.attempt(),
        state,
        createdAt,
        startedAt,
        finishedAt,
        exitCode,
        reason,
        spec.image(),
        imageId,
        spec.labels(),
        spec.annotations());
  }
}
