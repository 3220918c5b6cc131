package io.berth.agent.process;

import io.berth.api.time.Environment;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Runs the node's tools ({@code ip}, {@code nft}, CNI plugins) to their end, with bounded time and
 * output. Safe for use by many threads.
 */
public final class Command {
  private static final int MAX_OUTPUT = 4 << 20;
  private static final Duration DEFAULT_LIMIT = Duration.ofSeconds(30);
  private static final List<String> DIRECTORIES =
      List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin");

  private final Environment environment;
  private final List<String> wrapper;

  public Command(Environment environment) {
    this(environment, List.of());
  }

  /**
   * @param wrapper runs each command, such as {@code ip netns exec NAME}
   */
  public Command(Environment environment, List<String> wrapper) {
    this.environment = environment;
    this.wrapper = List.copyOf(wrapper);
  }

  /**
   * What a tool left.
   *
   * @param exitCode 128 + the signal where a signal ended it
   */
  public record Result(int exitCode, String stdout, String stderr) {
    public boolean succeeded() {
      return exitCode == 0;
    }

    /** Its error output, or its output where it has none, in one line. */
    public String complaint() {
      String text = stderr.isBlank() ? stdout : stderr;
      return text.strip().replace("\n", "; ");
    }
  }

  /** A tool is missing, failed, or took too long; the message names it and what it said. */
  public static final class FailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FailedException(String message, Throwable cause) {
      super(message, cause);
    }

    public FailedException(String message) {
      super(message);
    }
  }

  /** Runs a tool that is to succeed, and returns its output. */
  public String run(String... command) {
    return run(List.of(command), "");
  }

  /** Runs a tool that is to succeed with the given input, and returns its output. */
  public String run(List<String> command, String stdin) {
    Result result = attempt(command, stdin, Map.of(), DEFAULT_LIMIT);
    if (!result.succeeded()) {
      throw new FailedException(
          command.getFirst() + " exited with " + result.exitCode() + ": " + result.complaint());
    }
    return result.stdout();
  }

  /** Runs a tool that may fail. */
  public Result attempt(String... command) {
    return attempt(List.of(command), "", Map.of(), DEFAULT_LIMIT);
  }

  /**
   * Runs a tool that may fail.
   *
   * @param variables added to this process's environment
   * @param limit it is killed when it takes longer
   * @throws FailedException it is missing or took too long
   */
  public Result attempt(
      List<String> command, String stdin, Map<String, String> variables, Duration limit) {
    Process process = start(command, variables);
    try {
      CompletableFuture<String> errors = new CompletableFuture<>();
      CompletableFuture<String> output = new CompletableFuture<>();
      environment.executor().execute(() -> collect(process.getErrorStream(), errors));
      environment.executor().execute(() -> collect(process.getInputStream(), output));
      feed(process.getOutputStream(), stdin);
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new FailedException(command.getFirst() + " took longer than " + limit);
      }
      return new Result(
          process.exitValue(),
          output.get(limit.toMillis(), TimeUnit.MILLISECONDS),
          errors.get(limit.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FailedException(command.getFirst() + " was interrupted", e);
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
      throw new FailedException(command.getFirst() + ": its output could not be read", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private Process start(List<String> command, Map<String, String> variables) {
    try {
      List<String> line = new ArrayList<>(wrapper);
      line.addAll(command);
      ProcessBuilder builder = new ProcessBuilder(line);
      builder.environment().putAll(variables);
      return builder.start();
    } catch (IOException e) {
      throw new FailedException(command.getFirst() + " cannot be run: " + e.getMessage(), e);
    }
  }

  private static void feed(OutputStream to, String text) {
    try (to) {
      to.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // The tool did not read all of its input; its exit code says whether that matters.
    }
  }

  private static void collect(InputStream from, CompletableFuture<String> to) {
    try (from) {
      byte[] bytes = from.readNBytes(MAX_OUTPUT);
      from.transferTo(OutputStream.nullOutputStream());
      to.complete(new String(bytes, StandardCharsets.UTF_8));
    } catch (IOException e) {
      to.completeExceptionally(new UncheckedIOException(e));
    }
  }

  /** Whether a tool of this name is in one of the system's directories. */
  public static boolean exists(String name) {
    return DIRECTORIES.stream().anyMatch(d -> Files.isExecutable(Path.of(d, name)));
  }
}
