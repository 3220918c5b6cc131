package io.berth.agent;

import io.berth.agent.cgroup.CgroupTree;
import io.berth.agent.cgroup.PodCgroups;
import io.berth.agent.images.ImageCollector;
import io.berth.agent.network.HostPorts;
import io.berth.agent.network.PodGate;
import io.berth.agent.node.LinuxMachine;
import io.berth.agent.node.Machine;
import io.berth.agent.node.NodeLoop;
import io.berth.agent.pod.PodAgent;
import io.berth.agent.pod.PodConfig;
import io.berth.agent.pod.PodPaths;
import io.berth.agent.probe.ProbeRunner;
import io.berth.agent.probe.Probes;
import io.berth.agent.probe.RealProbes;
import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.server.AgentServer;
import io.berth.agent.server.ServerConfig;
import io.berth.agent.stats.NodeStats;
import io.berth.agent.volumes.ConfigObjects;
import io.berth.agent.volumes.PodTokens;
import io.berth.agent.volumes.PodVolumes;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.client.ApiClient;
import io.berth.client.EventRecorder;
import io.berth.client.Informer;
import io.berth.client.Informers;
import io.berth.client.Selection;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A node's agent, put together from its parts. Workloads outlive it: closing it, or killing its
 * process, leaves them running, and the next agent on the same drivers and data directory finds
 * them.
 *
 * <pre>
 *   pods bound to the node ──▶ PodWorkers ──▶ RuntimeDriver
 *                                  │  ▲            │
 *           status, events ◀───────┘  └────────────┘ changes, probes
 *   NodeLoop ──▶ Node and Lease          AgentServer ◀── logs and exec from the API server
 * </pre>
 */
public final class Agent implements AutoCloseable {
  /** What the outside world gives beside the environment; tests give fakes. */
  public record Senses(
      Supplier<Machine> machine,
      ProbeRunner probes,
      Supplier<@Nullable String> network,
      Supplier<String> nodeHosts,
      HostPorts hostPorts,
      PodGate gate,
      CgroupTree cgroups) {
    /**
     * @param network null where the pods' network works, else what is wrong
     */
    public static Senses real(
        Environment environment,
        Path dataDirectory,
        Supplier<@Nullable String> network,
        HostPorts hostPorts,
        PodGate gate) {
      return new Senses(
          () -> LinuxMachine.measure(dataDirectory),
          new RealProbes(environment),
          network,
          Agent::nodeHosts,
          hostPorts,
          gate,
          new CgroupTree(CgroupTree.MOUNT));
    }

    /** The same with other control groups. */
    public Senses with(CgroupTree others) {
      return new Senses(machine, probes, network, nodeHosts, hostPorts, gate, others);
    }
  }

  private static final Path PROC = Path.of("/proc");

  private final Map<String, RuntimeDriver> drivers;
  private final Informers informers;
  private final ConfigObjects objects;
  private final PodTokens tokens;
  private final Probes probes;
  private final PodAgent pods;
  private final NodeLoop node;
  private final ImageCollector collector;
  private final NodeStats stats;
  private final Housekeeping housekeeping;
  private final @Nullable AgentServer server;

  /**
   * @param drivers by handler of runtime classes; the empty one runs plain pods
   * @param informers of this process, shared; the agent starts them and does not close them
   */
  public Agent(
      AgentConfig config,
      ApiClient client,
      Informers informers,
      Environment environment,
      Map<String, RuntimeDriver> drivers,
      ImageStore images,
      MeterRegistry registry,
      Senses senses) {
    String name = config.node().name();
    PodPaths paths = new PodPaths(config.dataDirectory());
    this.drivers = Map.copyOf(drivers);
    this.informers = informers;
    EventRecorder events = new EventRecorder(client, environment, "kubelet", name);
    this.objects = new ConfigObjects(client, environment);
    MeterRegistry probeRegistry =
        registry instanceof PrometheusMeterRegistry
            ? new PrometheusMeterRegistry(PrometheusConfig.DEFAULT)
            : new SimpleMeterRegistry();
    this.probes = new Probes(environment, senses.probes(), events, probeRegistry);
    this.node =
        new NodeLoop(
            client,
            environment,
            config.node(),
            senses.machine(),
            drivers,
            images,
            senses.network(),
            this::port);
    this.tokens = new PodTokens(client, environment);
    PodVolumes volumes =
        new PodVolumes(client, name, paths.pods(), objects, tokens, node::allocatable, environment);
    PodCgroups cgroups = new PodCgroups(senses.cgroups(), name, senses.machine().get().cpus());
    Informer bound = informers.of(Resources.PODS, Selection.fields("spec.nodeName=" + name));
    this.pods =
        new PodAgent(
            new PodAgent.Parts(
                client,
                environment,
                bound,
                informers.of(Resources.SERVICES),
                informers.of(Resources.RUNTIME_CLASSES),
                drivers,
                images,
                events,
                probes,
                volumes,
                objects,
                tokens,
                paths,
                new PodConfig(
                    name,
                    config.node().addresses(),
                    config.clusterDns(),
                    config.clusterDomain(),
                    config.nodeDns()),
                node::allocatable,
                senses.nodeHosts(),
                senses.hostPorts(),
                senses.gate(),
                cgroups,
                registry));
    this.collector =
        new ImageCollector(
            environment,
            ImageCollector.Policy.DEFAULT,
            images,
            () -> disk(senses.machine().get()),
            pods::imagesInUse,
            (reason, message) ->
                client
                    .find(Resources.NODES, null, name)
                    .ifPresent(object -> events.event(object, "Warning", reason, message)));
    this.stats =
        new NodeStats(
            environment,
            name,
            cgroups,
            PROC,
            pods,
            config.dataDirectory(),
            senses.machine().get().cpus());
    this.housekeeping = new Housekeeping(environment, stats);
    ServerConfig listen = config.server();
    this.server =
        listen == null
            ? null
            : new AgentServer(
                listen,
                environment,
                pods.locator(),
                stats,
                new AgentServer.Registries(registry, probeRegistry),
                node::unhealthy);
  }

  /**
   * Listens, registers the node, and begins to run its pods once what is bound to it is known.
   *
   * @throws IOException the server's port is taken
   */
  public void start() throws IOException, InterruptedException {
    AgentServer listening = server;
    if (listening != null) {
      listening.start();
    }
    node.start();
    probes.onChange(pods::look);
    informers.start();
    informers.whenSynced(
        () -> {
          pods.start();
          housekeeping.start();
        });
  }

  /** The port of the agent's server; 0 where there is none. */
  public int port() {
    AgentServer listening = server;
    return listening == null ? 0 : listening.port();
  }

  /** Stops to work and lets the drivers go; what runs goes on. */
  @Override
  public void close() {
    housekeeping.close();
    pods.close();
    collector.close();
    probes.close();
    node.close();
    objects.close();
    tokens.close();
    AgentServer listening = server;
    if (listening != null) {
      listening.close();
    }
    drivers.values().stream().distinct().forEach(RuntimeDriver::close);
  }

  /**
   * Ends and removes every pod's sandbox on this node, whatever the API says: for taking a node
   * down. Close the agent's work first with {@link #pause}.
   */
  public void stopWorkloads() {
    pods.stopWorkloads();
  }

  /** Stops to work, but keeps the drivers. */
  public void pause() {
    housekeeping.close();
    pods.close();
    collector.close();
    probes.close();
  }

  private static ImageCollector.Disk disk(Machine machine) {
    return new ImageCollector.Disk(machine.disk(), machine.diskAvailable());
  }

  private static String nodeHosts() {
    try {
      return Files.readString(Path.of("/etc/hosts"));
    } catch (IOException e) {
      return "127.0.0.1\tlocalhost\n";
    }
  }
}
