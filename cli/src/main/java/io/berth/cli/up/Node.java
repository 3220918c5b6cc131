package io.berth.cli.up;

import io.berth.agent.Agent;
import io.berth.agent.AgentConfig;
import io.berth.agent.network.HostPortTable;
import io.berth.agent.network.dns.ClusterDns;
import io.berth.agent.network.services.ServiceProxy;
import io.berth.agent.node.NodeConfig;
import io.berth.agent.runtime.RuntimeDriver.Dns;
import io.berth.agent.server.ServerConfig;
import io.berth.api.lifecycle.Parts;
import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.assembly.ApiServerRoot;
import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.apiserver.pki.LocalNames;
import io.berth.apiserver.server.Identity;
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
import java.util.Map;
import java.util.Set;

/** This machine as a node: the agent and the service proxy on a runtime that is there. */
final class Node implements AutoCloseable {
  private static final int MAX_PODS = 110;
  private static final String CLUSTER_DOMAIN = "cluster.local";

  private final Parts parts = new Parts();
  private final Agent agent;
  private final ServiceProxy services;
  private final HostPortTable hostPorts;

  /**
   * Starts the agent with the node's own identity.
   *
   * @param addresses by which this machine is reached, the first its InternalIP
   */
  Node(
      SystemEnvironment environment,
      UpOptions options,
      ApiServerRoot server,
      NodeRuntime runtime,
      List<String> addresses)
      throws IOException, InterruptedException {
    String name = options.nodeName();
    ApiClient client = new ApiClient(server.transport(Identity.node(name)));
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Informers informers = parts.add(new Informers(client, environment));
    EventRecorder events = new EventRecorder(client, environment, "kube-proxy", name);
    services =
        parts.add(
            new ServiceProxy(
                environment,
                informers,
                events,
                metrics,
                name,
                List.of(options.podCidr()),
                runtime.network().bridge(),
                runtime.network().gateway()));
    Dns own = nodeDns();
    ClusterDns resolver =
        parts.add(
            new ClusterDns(
                environment,
                informers,
                metrics,
                CLUSTER_DOMAIN,
                List.of(runtime.network().gateway()),
                own.servers()));
    Path data = options.directory().agent();
    hostPorts = new HostPortTable(environment, name, runtime.network().bridge());
    agent =
        parts.add(
            new Agent(
                config(options, server, addresses, own, runtime.network().gateway()),
                client,
                informers,
                environment,
                runtime.drivers(),
                runtime.images(),
                metrics,
                Agent.Senses.real(environment, data, services::health, hostPorts)));
    services.start();
    resolver.start();
    agent.start();
  }

  private static AgentConfig config(
      UpOptions options, ApiServerRoot server, List<String> addresses, Dns nodeDns, String resolver)
      throws IOException {
    NodeConfig node =
        new NodeConfig(
            options.nodeName(),
            addresses,
            options.podCidr(),
            Map.of(),
            MAX_PODS,
            "v" + Version.KUBERNETES + ".0+berth-" + Version.BERTH);
    KeyedCertificate certificate =
        server.pki().nodeServer(options.nodeName(), LocalNames.ofMachine());
    ServerConfig listen =
        new ServerConfig(
            "0.0.0.0",
            options.agentPort(),
            pem(certificate.certificatePem()),
            pem(certificate.keyPem()),
            pem(server.pki().authorityPem()),
            Set.of(ServerConfig.API_SERVER));
    return new AgentConfig(
        node, options.directory().agent(), List.of(resolver), CLUSTER_DOMAIN, nodeDns, listen);
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

  /** Takes the rules of Services and of the node's ports away. */
  void removeServices() {
    services.close();
    services.remove();
    hostPorts.remove();
  }

  @Override
  public void close() {
    parts.close();
  }
}
