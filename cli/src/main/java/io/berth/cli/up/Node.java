package io.berth.cli.up;

import io.berth.agent.Agent;
import io.berth.agent.AgentConfig;
import io.berth.agent.network.HostPortTable;
import io.berth.agent.network.PodNetwork;
import io.berth.agent.network.dns.ClusterDns;
import io.berth.agent.network.policy.PolicyEnforcer;
import io.berth.agent.network.routes.NodeRoutes;
import io.berth.agent.network.services.ServiceProxy;
import io.berth.agent.node.NodeConfig;
import io.berth.agent.process.Command;
import io.berth.agent.runtime.RuntimeDriver.Dns;
import io.berth.agent.server.ServerConfig;
import io.berth.api.lifecycle.Parts;
import io.berth.api.time.SystemEnvironment;
import io.berth.cli.Version;
import io.berth.client.ApiClient;
import io.berth.client.EventRecorder;
import io.berth.client.Informers;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** This machine as a node: agent, services, routes and resolver on a runtime that is there. */
final class Node implements AutoCloseable {
  private static final int MAX_PODS = 110;
  private static final String CLUSTER_DOMAIN = "cluster.local";

  private final Parts parts = new Parts();
  private final Agent agent;
  private final ServiceProxy services;
  private final PolicyEnforcer policies;
  private final NodeRoutes routes;
  private final HostPortTable hostPorts;

  /** Starts the agent with the node's own identity. */
  Node(
      SystemEnvironment environment,
      NodeSettings settings,
      NodeIdentity identity,
      NodeRuntime runtime)
      throws IOException, InterruptedException {
    String name = settings.name();
    ApiClient client = new ApiClient(identity.transport());
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Informers informers = parts.add(new Informers(client, environment));
    EventRecorder events = new EventRecorder(client, environment, "kube-proxy", name);
    PodNetwork network = runtime.network();
    services =
        parts.add(
            new ServiceProxy(
                environment,
                informers,
                events,
                metrics,
                name,
                List.of(settings.podCidr()),
                network.bridge(),
                network.gateway()));
    routes =
        parts.add(
            new NodeRoutes(
                environment,
                new Command(environment),
                informers,
                name,
                List.of(settings.podCidr()),
                network.bridge(),
                settings.routes()));
    policies =
        parts.add(
            new PolicyEnforcer(
                environment,
                new Command(environment),
                informers,
                metrics,
                name,
                List.of(settings.podCidr()),
                network.bridge(),
                List.of(network.gateway())));
    Dns own = nodeDns();
    ClusterDns resolver =
        parts.add(
            new ClusterDns(
                environment,
                informers,
                metrics,
                CLUSTER_DOMAIN,
                List.of(network.gateway()),
                own.servers()));
    Path data = settings.directory().agent();
    hostPorts = new HostPortTable(environment, name, network.bridge());
    agent =
        parts.add(
            new Agent(
                config(settings, identity, own, network.gateway()),
                client,
                informers,
                environment,
                runtime.drivers(),
                runtime.images(),
                metrics,
                Agent.Senses.real(environment, data, this::networkHealth, hostPorts, policies)));
    services.start();
    policies.start();
    routes.start();
    resolver.start();
    agent.start();
  }

  private @Nullable String networkHealth() {
    return Stream.of(services.health(), routes.health(), policies.health())
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  private static AgentConfig config(
      NodeSettings settings, NodeIdentity identity, Dns nodeDns, String resolver) {
    NodeConfig node =
        new NodeConfig(
            settings.name(),
            settings.addresses(),
            settings.podCidr(),
            settings.labels(),
            MAX_PODS,
            "v" + Version.KUBERNETES + ".0+berth-" + Version.BERTH);
    ServerConfig listen =
        new ServerConfig(
            "0.0.0.0",
            settings.agentPort(),
            pem(identity.certificatePem()),
            pem(identity.keyPem()),
            pem(identity.authorityPem()),
            Set.of(ServerConfig.API_SERVER));
    return new AgentConfig(
        node, settings.directory().agent(), List.of(resolver), CLUSTER_DOMAIN, nodeDns, listen);
  }

  private static byte[] pem(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The machine's own resolver, for what is no name of the cluster. */
  private static Dns nodeDns() throws IOException {
    List<String> servers = new ArrayList<>();
    List<String> searches = new ArrayList<>();
    List<String> options = new ArrayList<>();
    Path file = Path.of("/etc/resolv.conf");
    for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
      List<String> words = List.of(line.strip().split("\\s+"));
      switch (words.getFirst()) {
        case "nameserver" -> servers.addAll(words.subList(1, words.size()));
        case "search" -> searches.addAll(words.subList(1, words.size()));
        case "options" -> options.addAll(words.subList(1, words.size()));
        default -> {} // comments and what is not a pod's business
      }
    }
    return new Dns(servers, searches, options);
  }

  /** Stops to work; what runs goes on, and the drivers can still be asked. */
  void pause() {
    agent.pause();
  }

  /** Takes the rules of Services, of policies and of the node's ports, and the routes, away. */
  void removeNetwork() {
    services.close();
    policies.remove();
    routes.remove();
    services.remove();
    hostPorts.remove();
  }

  @Override
  public void close() {
    parts.close();
  }
}
