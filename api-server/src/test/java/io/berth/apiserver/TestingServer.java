package io.berth.apiserver;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.time.SystemEnvironment;
import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.assembly.ApiServerRoot;
import io.berth.apiserver.inprocess.InProcessTransport;
import io.berth.apiserver.kinds.AddressRange;
import io.berth.apiserver.pki.Pki;
import io.berth.apiserver.server.ApiServer;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.ProcessMetrics;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.store.MeteredStore;
import io.berth.apiserver.store.memory.MemoryStore;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A whole API server over a store in memory, on a free port. */
public final class TestingServer implements AutoCloseable {
  private final SystemEnvironment environment = new SystemEnvironment();
  private final ApiServerRoot server;
  private final InProcessTransport admin;

  /**
   * @param directory gets the certificates and {@code admin.kubeconfig}
   */
  public TestingServer(Path directory) throws Exception {
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    new ProcessMetrics().bindTo(metrics);
    ApiServerRoot.Settings settings =
        new ApiServerRoot.Settings(
            directory.resolve("pki"),
            "127.0.0.1",
            freePort(),
            List.of("192.0.2.10"),
            AddressRange.parse("10.96.0.0/16"),
            Map.of());
    server =
        new ApiServerRoot(
            environment,
            settings,
            new MeteredStore(new MemoryStore(environment), metrics, environment.clock()),
            metrics);
    server.writeKubeconfig(directory.resolve("admin.kubeconfig"));
    admin = as(Identity.of("kubernetes-admin", Identity.MASTERS));
    create("/api/v1/namespaces/default/serviceaccounts", "{'metadata':{'name':'default'}}");
  }

  /** Serves until the process ends. */
  public static void main(String[] arguments) throws Exception {
    TestingServer server = new TestingServer(Path.of(arguments[0]));
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(server.server::close));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Where requests end once it is known who sends them. */
  public ApiServer api() {
    return server.api();
  }

  public ServedResources served() {
    return server.served();
  }

  /** The certificates that clients of it show and trust. */
  public Pki pki() {
    return server.pki();
  }

  public int port() {
    return server.port();
  }

  /** Whom a bearer token names; 401 where it does not hold. */
  public Identity bearer(String token) {
    return server.authentication().authenticator().authenticate(null, "Bearer " + token);
  }

  /** A client in this process that acts as somebody. */
  public InProcessTransport as(Identity identity) {
    return server.transport(identity);
  }

  /** What the watch cache holds. */
  public Optional<ApiObject> held(ObjectKey key) {
    return server.held(key);
  }

  public SystemEnvironment environment() {
    return environment;
  }

  /** Creates an object, given with single quotes. */
  public void create(String path, String json) throws Exception {
    byte[] body = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    admin.send(ApiRequest.post(path, body)).orThrow();
  }

  @Override
  public void close() throws InterruptedException {
    server.close();
    // Work that runs still writes to the directory, which the test removes next.
    if (!environment.closeAndWait(Duration.ofSeconds(20))) {
      throw new IllegalStateException("work goes on after the server has closed");
    }
  }
}
