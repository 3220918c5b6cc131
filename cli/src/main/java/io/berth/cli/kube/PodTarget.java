package io.berth.cli.kube;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The container that a command works on. */
final class PodTarget {
  @Parameters(index = "0", paramLabel = "POD", description = "NAME, or TYPE/NAME of what has pods.")
  private String pod = "";

  @Option(
      names = {"-c", "--container"},
      paramLabel = "NAME",
      description = "The container's name.")
  private @Nullable String container;

  /** The pod's name, asked of the server where something else that has pods was named. */
  String pod(Connection connection) {
    return PodNames.resolve(connection.client(), connection.namespace(), pod);
  }

  @Nullable String container() {
    return container;
  }
}
