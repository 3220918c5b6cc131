package io.berth.agent.images;

import io.berth.agent.process.Command;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.runtime.cri.CriClient;
import io.berth.api.time.Environment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * containerd's own tool, for what its container runtime interface has no call. Safe for use by many
 * threads.
 */
final class Ctr {
  private final Command command;
  private final Path socket;

  Ctr(Environment environment, Path socket) {
    this.command = new Command(environment);
    this.socket = socket;
  }

  /**
   * Runs it to its end.
   *
   * @return what it printed
   * @throws RuntimeDriverException it failed; the message is its own
   */
  String run(Duration limit, String... arguments) {
    List<String> line =
        new ArrayList<>(List.of("ctr", "--address", socket.toString(), "-n", CriClient.NAMESPACE));
    line.addAll(List.of(arguments));
    return tool(limit, line);
  }

  /** Runs another tool of the node in the same way. */
  String tool(Duration limit, List<String> line) {
    try {
      Command.Result result = command.attempt(line, "", Map.of(), limit);
      if (result.succeeded()) {
        return result.stdout();
      }
      throw new RuntimeDriverException(result.complaint());
    } catch (Command.FailedException e) {
      throw new RuntimeDriverException(String.valueOf(e.getMessage()), e);
    }
  }
}
