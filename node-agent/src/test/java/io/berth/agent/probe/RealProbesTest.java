package io.berth.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import io.berth.agent.probe.health.HealthCheckRequest;
import io.berth.agent.probe.health.HealthCheckResponse;
import io.berth.agent.probe.health.HealthCheckResponse.ServingStatus;
import io.berth.agent.probe.health.HealthGrpc;
import io.berth.agent.runtime.fake.FakeDriver;
import io.berth.agent.runtime.fake.FakeImageStore;
import io.berth.api.codec.Json;
import io.berth.api.time.SystemEnvironment;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Probes against real servers on the loopback interface. */
class RealProbesTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final SystemEnvironment environment = new SystemEnvironment();
  private final RealProbes probes = new RealProbes(environment);
  private final ProbeRunner.Target target =
      new ProbeRunner.Target(
          new FakeDriver("fake", environment, new FakeImageStore(environment)),
          "c",
          "127.0.0.1",
          Json.object());
  private Server grpc = NettyServerBuilder.forPort(0).build();

  @BeforeEach
  void start() throws IOException {
    grpc = serving(new Answers());
  }

  @AfterEach
  void stop() {
    grpc.shutdownNow();
    environment.close();
  }

  private static Server serving(HealthGrpc.HealthImplBase health) throws IOException {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return NettyServerBuilder.forAddress(any).addService(health).build().start();
  }

  /** Answers by the name of the service. */
  private static final class Answers extends HealthGrpc.HealthImplBase {
    @Override
    public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> out) {
      switch (request.getService()) {
        case "", "good" -> answer(out, ServingStatus.SERVING);
        case "bad" -> answer(out, ServingStatus.NOT_SERVING);
        case "mute" -> {}
        default -> out.onError(Status.NOT_FOUND.withDescription("unknown").asException());
      }
    }

    private static void answer(StreamObserver<HealthCheckResponse> out, ServingStatus status) {
      out.onNext(HealthCheckResponse.newBuilder().setStatus(status).build());
      out.onCompleted();
    }
  }

  private ProbeRunner.Result ask(int port, String service, Duration timeout) {
    ObjectNode probe = Json.object();
    ObjectNode action = probe.putObject("grpc").put("port", port);
    if (!service.isEmpty()) {
      action.put("service", service);
    }
    return probes.run(probe, target, timeout);
  }

  @Test
  void aServerThatServesIsHealthy() {
    assertThat(ask(grpc.getPort(), "", TIMEOUT).success()).isTrue();
    assertThat(ask(grpc.getPort(), "good", TIMEOUT).success()).isTrue();
  }

  @Test
  void aServiceThatDoesNotServeFailsAndSaysSo() {
    assertThat(ask(grpc.getPort(), "bad", TIMEOUT))
        .isEqualTo(
            new ProbeRunner.Result(false, "service unhealthy (responded with \"NOT_SERVING\")"));
    assertThat(ask(grpc.getPort(), "other", TIMEOUT))
        .isEqualTo(
            new ProbeRunner.Result(
                false,
                "error: health rpc probe failed: rpc error: code = NotFound desc = unknown"));
  }

  @Test
  void aServerWithoutTheHealthProtocolFails() throws IOException {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    Server plain = NettyServerBuilder.forAddress(any).build().start();
    assertThat(ask(plain.getPort(), "", TIMEOUT).message())
        .startsWith("error: this server does not implement the grpc health protocol");
    plain.shutdownNow();
  }

  @Test
  void aServerThatIsMuteTimesOut() {
    assertThat(ask(grpc.getPort(), "mute", Duration.ofSeconds(1)))
        .isEqualTo(new ProbeRunner.Result(false, "timeout: health rpc did not complete within 1s"));
  }

  @Test
  void whereNobodyListensTheProbeFailsWithTheAddress() throws IOException {
    int port = unused();
    assertThat(ask(port, "", TIMEOUT).success()).isFalse();
    assertThat(ask(port, "", TIMEOUT).message())
        .startsWith("timeout: failed to connect service \"127.0.0.1:" + port + "\" within 5s");
  }

  private static int unused() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Test
  void httpFollowsRedirectsOnItsHostAndWarnsOfOthers() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          if (path.equals("/here")) {
            exchange.getResponseHeaders().set("Location", "/fine");
          } else if (path.equals("/there")) {
            exchange.getResponseHeaders().set("Location", "http://192.0.2.1/");
          }
          int status = path.endsWith("here") ? 302 : path.equals("/fine") ? 200 : 503;
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    int port = server.getAddress().getPort();
    assertThat(get(port, "/fine")).isEqualTo(new ProbeRunner.Result(true, ""));
    assertThat(get(port, "/here")).isEqualTo(new ProbeRunner.Result(true, ""));
    assertThat(get(port, "/there").success()).isTrue();
    assertThat(get(port, "/there").warning()).isTrue();
    assertThat(get(port, "/broken"))
        .isEqualTo(new ProbeRunner.Result(false, "HTTP probe failed with statuscode: 503"));
    server.stop(0);
  }

  private ProbeRunner.Result get(int port, String path) {
    ObjectNode probe = Json.object();
    probe.putObject("httpGet").put("port", port).put("path", path);
    return probes.run(probe, target, TIMEOUT);
  }
}
