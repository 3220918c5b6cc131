package io.berth.agent.runtime.qemu;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.berth.agent.runtime.RuntimeDriverException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts QEMU in a session of its own with output to a file, so that neither the agent's end nor a
 * Ctrl-C in its terminal reaches it. (QEMU's own {@code -daemonize} forks, which its system call
 * filter then forbids.)
 */
final class QemuProcess {
  private static final int LOOKS = 1000;
  private static final int LOOK_MILLIS = 20;

  private QemuProcess() {}

  /**
   * @param output takes what QEMU prints
   * @return the running process, its sockets open
   * @throws RuntimeDriverException QEMU did not start; the message is its own
   */
  static ProcessIdentity start(QemuCommand command, Path output) {
    List<String> line = new ArrayList<>(List.of("setsid"));
    line.addAll(command.arguments());
    try {
      Process process =
          new ProcessBuilder(line)
              .directory(new File("/"))
              .redirectInput(new File("/dev/null"))
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      for (int look = 0; look < LOOKS && !Files.exists(command.agentSocket()); look++) {
        if (process.waitFor(LOOK_MILLIS, MILLISECONDS)) {
          throw new RuntimeDriverException("QEMU did not start: " + said(output));
        }
      }
      return ProcessIdentity.of(process.pid())
          .orElseThrow(() -> new RuntimeDriverException("QEMU did not start: " + said(output)));
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot run QEMU: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RuntimeDriverException("interrupted while QEMU started", e);
    }
  }

  /** What QEMU printed, in one line. */
  static String said(Path output) {
    try {
      return Files.readString(output, StandardCharsets.UTF_8).strip().replace("\n", "; ");
    } catch (IOException e) {
      return "";
    }
  }
}
