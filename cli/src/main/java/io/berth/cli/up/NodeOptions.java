package io.berth.cli.up;

import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that makes this machine a node. */
final class NodeOptions {
  @Option(names = "--data-dir", paramLabel = "DIR", description = "Where all of it is kept.")
  private @Nullable Path dataDirectory;

  @Option(
      names = "--node-name",
      paramLabel = "NAME",
      description = "This node's name; the host's where absent.")
  private @Nullable String nodeName;

  @Option(
      names = "--agent-port",
      paramLabel = "N",
      defaultValue = "10250",
      description = "The node agent's port (${DEFAULT-VALUE}).")
  private int agentPort;

  @Option(
      names = "--cluster-cidr",
      paramLabel = "CIDR",
      description =
          "All nodes' pods' addresses, among which none is hidden; the /16 around this node's"
              + " where absent.")
  private @Nullable String clusterCidr;

  DataDirectory directory() {
    return DataDirectory.of(dataDirectory);
  }

  int agentPort() {
    return agentPort;
  }

  String name() {
    if (nodeName != null) {
      return nodeName;
    }
    try {
      return InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT);
    } catch (UnknownHostException e) {
      throw new CommandException("this machine's name does not resolve: give --node-name", e);
    }
  }

  /**
   * @param podCidr this node's pods' addresses
   */
  String clusterCidr(String podCidr) {
    return clusterCidr == null ? NodeSettings.aroundOf(podCidr) : clusterCidr;
  }

  /** The same options for another process. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>(List.of("--data-dir", directory().root().toString()));
    arguments.addAll(List.of("--node-name", name(), "--agent-port", Integer.toString(agentPort)));
    if (clusterCidr != null) {
      arguments.addAll(List.of("--cluster-cidr", clusterCidr));
    }
    return arguments;
  }
}
