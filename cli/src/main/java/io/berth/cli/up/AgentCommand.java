package io.berth.cli.up;

import io.berth.agent.network.routes.RouteMode;
import io.berth.api.codec.Yaml;
import io.berth.api.lifecycle.Parts;
import io.berth.api.time.SystemEnvironment;
import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import io.berth.client.ApiClient;
import io.berth.client.Kubeconfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes this machine a node of a cluster that runs elsewhere. */
@Command(
    name = "agent",
    description = {
      "Make this machine a node of a cluster that runs elsewhere.",
      "The kubeconfig is needed to join: of an administrator, or of one who may ask for nodes'"
          + " certificates. From then on the node is itself."
    },
    mixinStandardHelpOptions = true)
public final class AgentCommand implements Callable<Integer> {
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);
  private static final String ZONE = "topology.kubernetes.io/zone";
  private static final String REGION = "topology.kubernetes.io/region";

  @Mixin private NodeOptions node = new NodeOptions();

  @Option(
      names = "--kubeconfig",
      required = true,
      paramLabel = "FILE",
      description = "Where the cluster is, and by what right this node joins it.")
  private Path kubeconfig = Path.of("");

  @Option(
      names = "--server",
      paramLabel = "URL",
      description = "The API server, where the kubeconfig's is not to be reached from here.")
  private @Nullable URI server;

  @Option(
      names = "--node-ip",
      paramLabel = "ADDRESS",
      description = "By which others reach this node; found by itself where absent.")
  private @Nullable String nodeIp;

  @Option(
      names = "--routes",
      paramLabel = "MODE",
      defaultValue = "auto",
      description =
          "The way to other nodes' pods: auto, host-gw (directly) or vxlan (${DEFAULT-VALUE}).")
  private String routes = "";

  @Option(names = "--zone", paramLabel = "ZONE", description = "The zone that this node is in.")
  private @Nullable String zone;

  @Option(
      names = "--region",
      paramLabel = "REGION",
      description = "The region that this node is in.")
  private @Nullable String region;

  @Option(
      names = "--node-labels",
      split = ",",
      paramLabel = "KEY=VALUE",
      description = "Labels that the node registers with.")
  private Map<String, String> labels = Map.of();

  @Override
  public Integer call() throws Exception {
    UpCommand.checkRoot();
    RouteMode mode = mode();
    DataDirectory directory = node.directory();
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    Signals.onFirst(stop::countDown, stopped);
    Parts parts = new Parts();
    try (SystemEnvironment environment = new SystemEnvironment();
        InstanceLock lock = InstanceLock.take(directory)) {
      run(environment, directory, mode, parts, stop);
      return 0;
    } finally {
      parts.close();
      stopped.countDown();
    }
  }

  private void run(
      SystemEnvironment environment,
      DataDirectory directory,
      RouteMode mode,
      Parts parts,
      CountDownLatch stop)
      throws IOException, InterruptedException {
    Progress progress = new Progress(System.out, environment.clock(), UpCommand.isTerminal());
    Kubeconfig joining = joining();
    String name = node.name();
    List<String> addresses =
        nodeIp == null ? Machine.addressesTowards(joining.server()) : List.of(nodeIp);
    Enrollment enrollment = new Enrollment(environment, joining, directory.pki(), name);
    NodeIdentity identity = enrollment.identity(addresses, parts);
    progress.done("Node " + name + " is known to the cluster at " + joining.server());
    String podCidr = enrollment.awaitPodCidr();
    progress.done("Its pods have addresses from " + podCidr);
    NodeRecord record = new NodeRecord(name, podCidr, node.clusterCidr(podCidr));
    record.write(directory);
    NodeRuntime runtime = parts.add(NodeRuntime.start(environment, directory, record));
    NodeSettings settings =
        new NodeSettings(
            name,
            directory,
            addresses,
            podCidr,
            record.clusterCidr(),
            node.agentPort(),
            allLabels(),
            mode);
    Node running = parts.add(new Node(environment, settings, identity, runtime));
    boolean ready =
        new Readiness(environment, new ApiClient(identity.transport()))
            .awaitNode(name, READY_LIMIT, stop);
    if (ready) {
      progress.done("Node " + name + " is Ready");
      System.out.println("Ctrl-C stops the node and what runs on it.");
      stop.await();
    }
    System.out.println("Stopping");
    boolean keep = Files.exists(directory.keepWorkloads());
    running.pause();
    if (!keep) {
      running.removeNetwork();
      runtime.stopWorkloads();
      NodeRecord.delete(directory);
    }
    Files.deleteIfExists(directory.keepWorkloads());
    progress.done(keep ? "Stopped; workloads run on" : "Stopped");
  }

  private Kubeconfig joining() {
    try {
      Kubeconfig read = Kubeconfig.of(kubeconfig, Yaml.read(Files.readAllBytes(kubeconfig)));
      return server == null ? read : read.at(server);
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandException("--kubeconfig " + kubeconfig + ": " + e.getMessage(), e);
    }
  }

  private RouteMode mode() {
    return switch (routes) {
      case "auto" -> RouteMode.AUTO;
      case "host-gw" -> RouteMode.HOST_GW;
      case "vxlan" -> RouteMode.VXLAN;
      default ->
          throw new CommandException("--routes " + routes + ": expected auto, host-gw or vxlan");
    };
  }

  private Map<String, String> allLabels() {
    Map<String, String> all = new LinkedHashMap<>(labels);
    if (zone != null) {
      all.put(ZONE, zone);
    }
    if (region != null) {
      all.put(REGION, region);
    }
    return all;
  }
}
