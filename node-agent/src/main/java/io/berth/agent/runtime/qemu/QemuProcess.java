package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.RuntimeDriverException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts QEMU in a session of its own, so that neither the agent's end nor a Ctrl-C in its terminal
 * reaches it: QEMU makes itself a daemon once its devices are set up, and says before that what is
 * wrong with them.
 */
final class QemuProcess {
  private static final Logger log = LoggerFactory.getLogger(QemuProcess.class);
  private static final Duration START = Duration.ofSeconds(20);

  private QemuProcess() {}

  /**
   * @return the running process
   * @throws RuntimeDriverException QEMU did not start; the message is its own
   */
  static ProcessIdentity start(QemuCommand command, Path directory) {
    HostTool.Result result = HostTool.run(command.arguments(), directory, START);
    if (result.exitCode() != 0) {
      throw new RuntimeDriverException("QEMU did not start: " + result.output());
    }
    if (!result.output().isEmpty()) {
      log.info("qemu said machine={} text={}", command.name(), result.output());
    }
    try {
      long pid = Long.parseLong(Files.readString(command.pidFile()).strip());
      return ProcessIdentity.of(pid)
          .orElseThrow(() -> new RuntimeDriverException("QEMU ended as soon as it had started"));
    } catch (IOException | NumberFormatException e) {
      throw new RuntimeDriverException("QEMU wrote no process number", e);
    }
  }
}
