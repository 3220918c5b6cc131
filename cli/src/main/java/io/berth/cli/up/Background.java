package io.berth.cli.up;

import io.berth.api.time.SystemEnvironment;
import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import io.berth.cli.kube.Waiting;
import io.berth.client.ApiClient;
import io.berth.client.HttpsTransport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Starts the cluster in a process and session of its own, its output in the data directory's log.
 */
final class Background {
  private final SystemEnvironment environment;
  private final UpOptions options;

  Background(SystemEnvironment environment, UpOptions options) {
    this.environment = environment;
    this.options = options;
  }

  /**
   * Returns once the node is Ready.
   *
   * @throws CommandException the process ended, or the time was over first
   */
  void start(Duration limit) {
    DataDirectory directory = options.directory();
    if (InstanceLock.held(directory)) {
      throw new CommandException(
          "a cluster already runs in " + directory.root() + ": stop it with 'berth down'");
    }
    Process process = launch(directory);
    Waiting waiting = new Waiting(environment, limit);
    waiting.until(
        () ->
            !process.isAlive()
                || (InstanceLock.held(directory) && Files.exists(directory.ready())));
    if (!process.isAlive()) {
      throw new CommandException(
          why(lastLine(directory.log())) + " (all of it: " + directory.log() + ")");
    }
    try (HttpsTransport transport = UpCommand.kubeconfig(options.kubeconfig()).open(environment)) {
      new Readiness(environment, new ApiClient(transport))
          .awaitNode(options.nodeName(), limit, new CountDownLatch(1));
    }
  }

  /** The process says itself what is wrong, where it still could. */
  private static String why(String lastLine) {
    String own = "berth: ";
    return lastLine.startsWith(own)
        ? lastLine.substring(own.length())
        : "the cluster did not start: " + lastLine;
  }

  private Process launch(DataDirectory directory) {
    try {
      Files.createDirectories(directory.root());
      Files.deleteIfExists(directory.ready());
      List<String> command = new ArrayList<>(List.of("setsid"));
      command.addAll(thisProgram());
      command.addAll(options.inBackground());
      return new ProcessBuilder(command)
          .redirectInput(Path.of("/dev/null").toFile())
          .redirectOutput(directory.log().toFile())
          .redirectErrorStream(true)
          .start();
    } catch (IOException e) {
      throw new CommandException("cannot start the background process: " + e.getMessage(), e);
    }
  }

  /** The command line of this JVM up to its main class. */
  private static List<String> thisProgram() {
    ProcessHandle.Info self = ProcessHandle.current().info();
    List<String> command = new ArrayList<>();
    command.add(self.command().orElseThrow(() -> new CommandException("/proc is not readable")));
    for (String argument : self.arguments().orElse(new String[0])) {
      command.add(argument);
      if (argument.equals("io.berth.cli.Main")) {
        return command;
      }
    }
    throw new CommandException(
        "this process was not started as io.berth.cli.Main: --detach cannot start another");
  }

  private static String lastLine(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return lines.isEmpty() ? "no word from it" : lines.getLast();
    } catch (IOException e) {
      return "no word from it";
    }
  }
}
