package io.berth.apiserver.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectHeader;
import io.berth.api.object.ObjectKey;
import io.berth.apiserver.pki.CertificateNames;
import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.apiserver.server.Backend;
import io.berth.apiserver.server.MessageChannel;
import io.berth.apiserver.streaming.Connectors;
import io.berth.apiserver.streaming.NodeAddress;
import io.berth.apiserver.streaming.NodeClient;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs and sessions all the way: client, API server, a node agent that a test plays. */
class NodeRelayTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  @TempDir Path directory;
  private TestingCluster cluster;
  private HttpServer agent;
  private @Nullable NodeClient relay;
  private final CountDownLatch logGone = new CountDownLatch(1);

  @BeforeEach
  void start() throws Exception {
    // Handlers need the relay, the relay the certificates of the cluster that the handlers are in.
    NodeClient late =
        new NodeClient() {
          @Override
          public Body get(NodeAddress node, String target)
              throws IOException, InterruptedException {
            return Objects.requireNonNull(relay).get(node, target);
          }

          @Override
          public MessageChannel connect(NodeAddress node, String target, List<String> protocols)
              throws IOException, InterruptedException {
            return Objects.requireNonNull(relay).connect(node, target, protocols);
          }
        };
    cluster =
        new TestingCluster(
            directory,
            (request, info, identity, sink) -> {},
            Connectors.all(
                this::find,
                late,
                new Backend.Plain(),
                new Random(1),
                (info, identity, options, sink) -> sink.warn(List.of("looked at"))),
            config -> config);
    relay = new NodeRelay(cluster.runtime, cluster.pki.kubeletClient(), cluster.pki.authority());
    agent = agent(cluster.pki.nodeServer("n1", new TreeSet<>(List.of("127.0.0.1"))));
  }

  private HttpServer agent(KeyedCertificate certificate) throws Exception {
    HttpServerOptions options =
        new HttpServerOptions()
            .setSsl(true)
            .setKeyCertOptions(Tls.keys(certificate))
            .setTrustOptions(Tls.trust(cluster.pki.authority()))
            .setClientAuth(ClientAuth.REQUIRED)
            .setWebSocketSubProtocols(List.of("v5.channel.k8s.io", "v4.channel.k8s.io"));
    return HttpRuntime.await(
        cluster
            .runtime
            .vertx()
            .createHttpServer(options)
            .requestHandler(this::serve)
            .webSocketHandshakeHandler(
                handshake -> {
                  if (handshake.path().contains("refused")) {
                    handshake.reject(404);
                  } else {
                    handshake.accept();
                  }
                })
            .webSocketHandler(NodeRelayTest::echo)
            .listen(0, "127.0.0.1"),
        LIMIT);
  }

  private void serve(HttpServerRequest request) {
    try {
      X509Certificate client = (X509Certificate) request.sslSession().getPeerCertificates()[0];
      assertThat(CertificateNames.commonName(client)).isEqualTo("kube-apiserver-kubelet-client");
    } catch (SSLPeerUnverifiedException e) {
      request.response().setStatusCode(403).end();
      return;
    }
    request.response().closeHandler(v -> logGone.countDown());
    if (request.path().contains("refused")) {
      request.response().setStatusCode(400).end("container is waiting to start");
    } else if ("true".equals(request.getParam("follow"))) {
      request.response().setChunked(true).write("first\n");
    } else {
      request.response().end(Buffer.buffer("x".repeat(5 << 20)));
    }
  }

  /** Sends everything back; at {@code bye} first a last message, then the close. */
  private static void echo(ServerWebSocket socket) {
    if (socket.path().contains("quick")) {
      for (int i = 0; i < 50; i++) {
        socket.writeBinaryMessage(Buffer.buffer("\u0001line\n"));
      }
      socket.writeBinaryMessage(Buffer.buffer("\u0003{\"status\":\"Success\"}"));
      socket.close((short) 1000, "done");
      return;
    }
    socket.binaryMessageHandler(
        message -> {
          socket.writeBinaryMessage(message);
          if (message.toString(UTF_8).endsWith("bye")) {
            socket.writeBinaryMessage(Buffer.buffer("\u0003{\"status\":\"Success\"}"));
            socket.close((short) 1000, "done");
          }
        });
  }

  @AfterEach
  void stop() throws Exception {
    cluster.close();
  }

  private Optional<ApiObject> find(ObjectKey key) {
    String json =
        key.resource().resource().equals("nodes")
            ? "{\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"127.0.0.1\"}],\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":%d}}}}"
                .formatted(agent.actualPort())
            : "{\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"name\":\"c\"}]},\"status\":{\"containerStatuses\":[{\"name\":\"c\",\"state\":{\"running\":{}}}]}}";
    ObjectHeader header = new ObjectHeader(key, "u", 1, Map.of(), Map.of(), List.of(), null);
    return Optional.of(new ApiObject(header, json.getBytes(UTF_8)));
  }

  @Test
  void whatAdmissionWarnsOfStandsInTheHandshake() throws Exception {
    try (HttpClient client = cluster.admin();
        Socket socket =
            client.sslContext().getSocketFactory().createSocket("127.0.0.1", cluster.port)) {
      socket
          .getOutputStream()
          .write(
              String.join(
                      "\r\n",
                      "GET /api/v1/namespaces/d/pods/p/exec?command=x&stdout=1 HTTP/1.1",
                      "Host: 127.0.0.1",
                      "Connection: Upgrade",
                      "Upgrade: websocket",
                      "Sec-WebSocket-Version: 13",
                      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                      "Sec-WebSocket-Protocol: v5.channel.k8s.io",
                      "",
                      "")
                  .getBytes(UTF_8));
      BufferedReader head =
          new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      assertThat(head.readLine()).contains(" 101 ");
      assertThat(Stream.generate(() -> line(head)).takeWhile(line -> !line.isEmpty()))
          .contains("warning: 299 - \"looked at\"");
    }
  }

  private static String line(BufferedReader head) {
    try {
      return Objects.requireNonNull(head.readLine());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aLogComesWhole() throws Exception {
    try (HttpClient client = cluster.admin()) {
      HttpResponse<byte[]> response =
          client.send(
              cluster.request("/api/v1/namespaces/d/pods/p/log").build(),
              BodyHandlers.ofByteArray());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).hasSize(5 << 20);
      HttpResponse<String> refused =
          client.send(
              cluster.request("/api/v1/namespaces/d/pods/refused/log").build(),
              BodyHandlers.ofString());
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(refused.body()).contains("container is waiting to start");
    }
  }

  @Test
  void aFollowedLogStreamsAndEndsAtTheNodeWhenTheClientGoes() throws Exception {
    HttpClient client = cluster.admin();
    HttpResponse<InputStream> response =
        client.send(
            cluster.request("/api/v1/namespaces/d/pods/p/log?follow=true").build(),
            BodyHandlers.ofInputStream());
    assertThat(new String(response.body().readNBytes(6), UTF_8)).isEqualTo("first\n");
    client.shutdownNow();
    assertThat(logGone.await(5, TimeUnit.SECONDS)).isTrue();
  }

  /** What a session's client got. */
  private static final class Session implements WebSocket.Listener {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      byte[] piece = new byte[data.remaining()];
      data.get(piece);
      bytes.writeBytes(piece);
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      closed.complete(code);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      closed.completeExceptionally(error);
    }
  }

  private WebSocket open(HttpClient client, String pod, Session session) {
    String target = "/api/v1/namespaces/d/pods/" + pod + "/exec?command=cat&stdin=1&stdout=true";
    return client
        .newWebSocketBuilder()
        .subprotocols("v5.channel.k8s.io", "v4.channel.k8s.io")
        .buildAsync(URI.create("wss://127.0.0.1:" + cluster.port + target), session)
        .join();
  }

  @Test
  void aSessionRelaysEveryMessageAndTheCloseInOrder() throws Exception {
    Session session = new Session();
    try (HttpClient client = cluster.admin()) {
      WebSocket socket = open(client, "p", session);
      assertThat(socket.getSubprotocol()).isEqualTo("v5.channel.k8s.io");
      byte[] big = new byte[30_000];
      for (int i = 0; i < 100; i++) {
        socket.sendBinary(ByteBuffer.wrap(big), true).join();
      }
      socket.sendBinary(ByteBuffer.wrap("\u0000bye".getBytes(UTF_8)), true).join();
      assertThat(session.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
    }
    assertThat(session.bytes.size()).isGreaterThan(100 * 30_000);
    assertThat(session.bytes.toString(UTF_8)).endsWith("\u0000bye\u0003{\"status\":\"Success\"}");
  }

  @Test
  void aSessionThatIsOverBeforeTheClientIsThereLosesNothing() throws Exception {
    Session session = new Session();
    try (HttpClient client = cluster.admin()) {
      open(client, "quick", session);
      assertThat(session.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
    }
    assertThat(session.bytes.toString(UTF_8))
        .isEqualTo("\u0001line\n".repeat(50) + "\u0003{\"status\":\"Success\"}");
  }

  /** The node may close before the client's side is joined, at any moment. */
  @Test
  void noneOfManyShortSessionsIsLeftOpen() throws Exception {
    try (HttpClient client = cluster.admin()) {
      List<Session> sessions = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Session session = new Session();
        sessions.add(session);
        open(client, "quick", session);
      }
      for (Session session : sessions) {
        assertThat(session.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
        assertThat(session.bytes.toString(UTF_8)).endsWith("{\"status\":\"Success\"}");
      }
    }
  }

  @Test
  void aSessionThatTheNodeRefusesIsRefusedAsAStatus() throws Exception {
    try (HttpClient client = cluster.admin()) {
      assertThat(
              catchThrowableOfType(
                  CompletionException.class, () -> open(client, "refused", new Session())))
          .isNotNull();
      HttpResponse<String> plain =
          client.send(
              cluster.request("/api/v1/namespaces/d/pods/p/exec?command=a&stdout=1").build(),
              BodyHandlers.ofString());
      assertThat(plain.statusCode()).isEqualTo(400);
      assertThat(plain.body()).contains("Upgrade request required");
    }
  }

  @Test
  void whoMayNotOpenSessionsGetsNone() throws Exception {
    try (HttpClient client = cluster.client(null, HttpClient.Version.HTTP_1_1)) {
      assertThat(
              catchThrowableOfType(
                  CompletionException.class, () -> open(client, "p", new Session())))
          .isNotNull();
    }
  }
}
