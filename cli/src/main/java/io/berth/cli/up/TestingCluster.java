package io.berth.cli.up;

import io.berth.agent.Agent;
import io.berth.agent.AgentConfig;
import io.berth.agent.network.HostPorts;
import io.berth.agent.network.PodGate;
import io.berth.agent.node.NodeConfig;
import io.berth.agent.runtime.RuntimeDriver.Dns;
import io.berth.agent.runtime.fake.FakeDriver;
import io.berth.agent.runtime.fake.FakeImageStore;
import io.berth.agent.server.ServerConfig;
import io.berth.api.lifecycle.Parts;
import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.assembly.ApiServerRoot;
import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.memory.MemoryStore;
import io.berth.cli.DataDirectory;
import io.berth.client.ApiClient;
import io.berth.client.Informers;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;

/**
 * A whole cluster in this process that needs no rights, for clients to be tried on: the control
 * plane as {@code berth up} starts it and nodes whose agents run pods in a runtime in memory. Quick
 * to start; what pods run is understood as far as {@code FakeShell} does.
 */
public final class TestingCluster implements AutoCloseable {
  /** Images that every node has. */
  private static final List<String> IMAGES =
      List.of("busybox", "web:1", "web:2", "web:3", DemoImage.NAME);

  /** Opens the store that a cluster is to be over, and adds to the parts what goes with it. */
  interface StoreOpener {
    Store open(SystemEnvironment environment, UpOptions options, Parts parts) throws IOException;
  }

  private final Parts parts = new Parts();
  private final SystemEnvironment environment = new SystemEnvironment();
  private final Path kubeconfig;
  private final int port;
  private final ControlPlane plane;

  /** Starts a cluster over a store in memory with nodes {@code node-1}, {@code node-2}, ... */
  public TestingCluster(Path directory, int nodes) throws IOException, InterruptedException {
    this(directory, nodes, (environment, options, parts) -> new MemoryStore(environment));
  }

  TestingCluster(Path directory, int nodes, StoreOpener stores)
      throws IOException, InterruptedException {
    parts.add(environment);
    port = freePort();
    kubeconfig = directory.resolve("kubeconfig");
    UpOptions options = new UpOptions();
    new CommandLine(options)
        .parseArgs(
            "--data-dir", directory.resolve("data").toString(),
            "--port", Integer.toString(port),
            "--kubeconfig", kubeconfig.toString());
    DataDirectory data = options.directory();
    Files.createDirectories(data.root());
    Store store = parts.add(stores.open(environment, options, parts));
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    plane =
        parts.add(new ControlPlane(environment, options, store, metrics, List.of("192.0.2.10")));
    for (int i = 1; i <= nodes; i++) {
      agent(plane.server(), "node-" + i, directory.resolve("node-" + i));
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void agent(ApiServerRoot server, String name, Path directory)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    FakeImageStore images = new FakeImageStore(environment);
    IMAGES.forEach(images::with);
    ApiClient client = new ApiClient(server.transport(Identity.node(name)));
    Informers informers = parts.add(new Informers(client, environment));
    KeyedCertificate certificate =
        server.pki().nodeServer(name, new TreeSet<>(Set.of("127.0.0.1", name)));
    AgentConfig config =
        new AgentConfig(
            new NodeConfig(name, List.of("127.0.0.1"), "", Map.of(), 110, "v1.36.0+berth"),
            directory,
            List.of(),
            "cluster.local",
            new Dns(List.of(), List.of(), List.of()),
            new ServerConfig(
                "127.0.0.1",
                0,
                pem(certificate.certificatePem()),
                pem(certificate.keyPem()),
                pem(server.pki().authorityPem()),
                Set.of(ServerConfig.API_SERVER)));
    Agent agent =
        parts.add(
            new Agent(
                config,
                client,
                informers,
                environment,
                Map.of(
                    "", new FakeDriver("fake", environment, images),
                    "vm", new FakeDriver("fake-vm", environment, images)),
                images,
                new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                Agent.Senses.real(
                    environment, directory, () -> null, HostPorts.NONE, PodGate.OPEN)));
    agent.start();
  }

  private static byte[] pem(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The administrator's. */
  public Path kubeconfig() {
    return kubeconfig;
  }

  /** The administrator, in this process. */
  ApiClient admin() {
    return plane.admin();
  }

  public int port() {
    return port;
  }

  @Override
  public void close() {
    parts.close();
  }
}
