package io.berth.agent.pod;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import io.berth.agent.runtime.fake.FakeDriver;
import io.berth.agent.runtime.fake.FakeImageStore;
import io.berth.api.codec.Json;
import io.berth.api.time.SystemEnvironment;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HooksTest {
  private final SystemEnvironment environment = new SystemEnvironment();
  private final Hooks hooks = new Hooks(environment);
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

  @SuppressWarnings("NullAway.Init")
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String agent = exchange.getRequestHeaders().getFirst("User-Agent");
          asked.add(exchange.getRequestURI() + " " + agent);
          exchange.sendResponseHeaders(500, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    environment.close();
  }

  private String run(ObjectNode hook, String ip) {
    FakeDriver driver = new FakeDriver("fake", environment, new FakeImageStore(environment));
    ObjectNode container = Json.object();
    container.putArray("ports").addObject().put("name", "web").put("containerPort", port());
    return hooks.run(new Hooks.Target(driver, "c", ip, container), hook, Duration.ofSeconds(5));
  }

  private int port() {
    return server.getAddress().getPort();
  }

  private static ObjectNode get(String scheme) {
    ObjectNode hook = Json.object();
    hook.putObject("httpGet").put("path", "/bye").put("port", "web").put("scheme", scheme);
    return hook;
  }

  @Test
  void anyAnswerToARequestWillDo() {
    assertThat(run(get("HTTP"), "127.0.0.1")).isEmpty();
    assertThat(asked).containsExactly("/bye kube-lifecycle/1.36");
  }

  /** As most servers do, this one answers a greeting of TLS with a plain error. */
  @Test
  void aServerWithoutTlsIsSpokenToAllTheSame() throws IOException {
    try (ServerSocket plain = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      environment
          .executor()
          .execute(
              () -> {
                for (int i = 0; i < 2; i++) {
                  try (Socket socket = plain.accept()) {
                    asked.add(socket.getInputStream().read() == 'G' ? "plain" : "secured");
                    socket
                        .getOutputStream()
                        .write("HTTP/1.0 400 Bad Request\r\n\r\n".getBytes(UTF_8));
                  } catch (IOException e) {
                    asked.add(e.toString());
                  }
                }
              });
      ObjectNode hook = get("HTTPS");
      hook.withObject("/httpGet").put("port", plain.getLocalPort());
      assertThat(run(hook, "127.0.0.1")).isEmpty();
      assertThat(asked).containsExactly("secured", "plain");
    }
  }

  @Test
  void aRequestThatNobodyAnswersFails() {
    server.stop(0);
    assertThat(run(get("HTTP"), "127.0.0.1")).contains("connection refused");
    assertThat(run(get("HTTP"), "")).isEqualTo("failed to find networking container");
  }

  @Test
  void aConnectionIsNoHook() {
    ObjectNode hook = Json.object();
    hook.putObject("tcpSocket").put("port", 80);
    assertThat(run(hook, "127.0.0.1")).isEqualTo("Cannot run handler: invalid handler");
  }
}
