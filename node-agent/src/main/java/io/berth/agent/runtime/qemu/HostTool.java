package io.berth.agent.runtime.qemu;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.berth.agent.runtime.RuntimeDriverException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Runs the host's own programs: compiler, mke2fs, QEMU. */
final class HostTool {
  private HostTool() {}

  /** What a program left: its exit code and all that it printed. */
  record Result(int exitCode, String output) {}

  /**
   * Runs a program to its end.
   *
   * @throws RuntimeDriverException it is not installed, or took longer than it may
   */
  static Result run(List<String> command, Path directory, Duration within) {
    Path output = null;
    try {
      output = Files.createTempFile("berth-command", ".out");
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      if (!process.waitFor(within.toMillis(), MILLISECONDS)) {
        process.destroyForcibly();
        throw new RuntimeDriverException(
            command.getFirst() + " took longer than " + within.toSeconds() + " s");
      }
      byte[] printed = Files.readAllBytes(output);
      return new Result(process.exitValue(), new String(printed, StandardCharsets.UTF_8).strip());
    } catch (IOException e) {
      throw new RuntimeDriverException(
          "cannot run " + command.getFirst() + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RuntimeDriverException("interrupted while running " + command.getFirst(), e);
    } finally {
      FileTrees.deleteQuietly(output);
    }
  }

  /** Runs a program that must succeed; returns what it printed. */
  static String require(List<String> command, Path directory, Duration within) {
    Result result = run(command, directory, within);
    if (result.exitCode() != 0) {
      throw new RuntimeDriverException(
          command.getFirst()
              + " failed ("
              + result.exitCode()
              + "): "
              + lastLines(result.output()));
    }
    return result.output();
  }

  private static String lastLines(String output) {
    return output.length() <= 600 ? output : "..." + output.substring(output.length() - 600);
  }
}
