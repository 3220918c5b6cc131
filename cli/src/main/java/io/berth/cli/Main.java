package io.berth.cli;

import io.berth.api.transport.ApiException;
import io.berth.cli.bench.BenchCommand;
import io.berth.cli.image.ImageCommand;
import io.berth.cli.kube.ApplyCommand;
import io.berth.cli.kube.DeleteCommand;
import io.berth.cli.kube.DescribeCommand;
import io.berth.cli.kube.ExecCommand;
import io.berth.cli.kube.GetCommand;
import io.berth.cli.kube.LogsCommand;
import io.berth.cli.kube.ScaleCommand;
import io.berth.cli.kube.WhyCommand;
import io.berth.cli.simulate.SimulateCommand;
import io.berth.cli.up.AgentCommand;
import io.berth.cli.up.DownCommand;
import io.berth.cli.up.RehearseCommand;
import io.berth.cli.up.UpCommand;
import io.berth.client.ApiUnavailableException;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The {@code berth} command. A command exits with 0 only when it did what it says; errors are one
 * line on standard error, a stack trace only with {@code --verbose}.
 */
@Command(
    name = "berth",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Runs containers and virtual machines from Kubernetes manifests.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      UpCommand.class,
      AgentCommand.class,
      DownCommand.class,
      ApplyCommand.class,
      GetCommand.class,
      DescribeCommand.class,
      WhyCommand.class,
      DeleteCommand.class,
      LogsCommand.class,
      ExecCommand.class,
      ScaleCommand.class,
      ImageCommand.class,
      SimulateCommand.class,
      BenchCommand.class,
      RehearseCommand.class,
      CommandLine.HelpCommand.class,
    })
public final class Main {
  @Option(
      names = "--verbose",
      scope = CommandLine.ScopeType.INHERIT,
      description = "Print stack traces of errors.")
  private boolean verbose;

  private Main() {}

  /** Held, because the JDK keeps loggers weakly. */
  private static final Logger GRPC = Logger.getLogger("io.grpc");

  public static void main(String[] arguments) {
    GRPC.setLevel(Level.WARNING); // it logs through the JDK, past our configuration
    System.exit(run(arguments));
  }

  /** Runs a command in this process and returns its exit code. */
  public static int run(String... arguments) {
    Main main = new Main();
    CommandLine line = new CommandLine(main).setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(Main::badUsage);
    line.setExecutionExceptionHandler((e, command, parsed) -> main.failed(e, command));
    return line.execute(arguments);
  }

  /** One line that names the nearest known option or command, as picocli finds it. */
  private static int badUsage(CommandLine.ParameterException e, String[] arguments) {
    StringBuilder message = new StringBuilder("berth: ").append(e.getMessage());
    if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
      var suggestions = unmatched.getSuggestions();
      if (!suggestions.isEmpty()) {
        message.append(": did you mean ").append(suggestions.getFirst()).append('?');
      }
    }
    System.err.println(message);
    String name = e.getCommandLine().getCommandSpec().qualifiedName();
    System.err.println("See '" + name + " --help'.");
    return 2;
  }

  private int failed(Exception e, CommandLine command) {
    if (verbose) {
      e.printStackTrace(command.getErr());
    }
    switch (e) {
      case CommandException known -> {
        System.err.println("berth: " + known.getMessage());
        return known.exitCode();
      }
      case ApiException refusal ->
          System.err.println(
              "Error from server (" + refusal.reason() + "): " + refusal.getMessage());
      case ApiUnavailableException unavailable ->
          System.err.println(
              "berth: the API server does not answer ("
                  + unavailable.getMessage()
                  + "): is the cluster up? Start it with 'berth up'.");
      default -> {
        System.err.println("berth: " + describe(e) + (verbose ? "" : " (--verbose prints where)"));
        return 1;
      }
    }
    return 1;
  }

  private static String describe(Exception e) {
    return e.getMessage() == null || e instanceof RuntimeException ? e.toString() : e.getMessage();
  }
}
