package io.berth.apiserver.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectHeader;
import io.berth.api.object.ObjectKey;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.streaming.Connectors;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests through the proxy of a node, to an agent that a test plays. */
class ProxyTest {
  private static final String MOUNT = "/api/v1/nodes/n1/proxy";

  @TempDir Path directory;
  private TestingCluster cluster;
  private HttpServer agent;
  private HttpClient client;
  private @Nullable RequestHandler proxy;
  private volatile int agentPort;
  private final CountDownLatch streamGone = new CountDownLatch(1);

  @BeforeEach
  void start() throws Exception {
    RequestHandler late =
        (request, info, identity, sink) ->
            Objects.requireNonNull(proxy).handle(request, info, identity, sink);
    cluster =
        new TestingCluster(
            directory,
            (request, info, identity, sink) -> {},
            Map.of("nodes/proxy", late),
            config -> config);
    NodeRelay relay =
        new NodeRelay(cluster.runtime, cluster.pki.kubeletClient(), cluster.pki.authority());
    proxy =
        Connectors.all(
                this::find,
                relay,
                relay.trust(),
                new Random(1),
                (info, identity, options, sink) -> sink.warn(List.of("looked at")))
            .get("nodes/proxy");
    HttpServerOptions options =
        new HttpServerOptions()
            .setSsl(true)
            .setKeyCertOptions(
                Tls.keys(cluster.pki.nodeServer("n1", new TreeSet<>(List.of("127.0.0.1")))))
            .setTrustOptions(Tls.trust(cluster.pki.authority()))
            .setClientAuth(ClientAuth.REQUIRED);
    agent =
        HttpRuntime.await(
            cluster
                .runtime
                .vertx()
                .createHttpServer(options)
                .requestHandler(this::serve)
                .listen(0, "127.0.0.1"),
            Duration.ofSeconds(10));
    agentPort = agent.actualPort();
    client = cluster.admin();
  }

  @AfterEach
  void stop() throws Exception {
    client.shutdownNow();
    cluster.close();
  }

  private Optional<ApiObject> find(ObjectKey key) {
    String json =
        "{\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"127.0.0.1\"}],\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":%d}}}}"
            .formatted(agentPort);
    ObjectHeader header = new ObjectHeader(key, "u", 1, Map.of(), Map.of(), List.of(), null);
    return key.name().equals("n1")
        ? Optional.of(new ApiObject(header, json.getBytes(UTF_8)))
        : Optional.empty();
  }

  @Test
  void whatAdmissionWarnsOfStandsInTheAnswersHead() throws Exception {
    HttpResponse<String> answer =
        client.send(
            cluster.request("/api/v1/nodes/n1/proxy/page").build(), BodyHandlers.ofString());
    assertThat(answer.headers().firstValue("warning")).hasValue("299 - \"looked at\"");
    HttpResponse<String> lost =
        client.send(
            cluster.request("/api/v1/nodes/n2/proxy/page").build(), BodyHandlers.ofString());
    assertThat(lost.statusCode()).isEqualTo(404);
    assertThat(lost.headers().firstValue("warning")).hasValue("299 - \"looked at\"");
  }

  private void serve(HttpServerRequest request) {
    switch (String.valueOf(request.path())) {
      case "/socket" ->
          request
              .toWebSocket()
              .onSuccess(socket -> socket.textMessageHandler(socket::writeTextMessage));
      case "/stream" -> {
        request.response().closeHandler(v -> streamGone.countDown());
        request.response().setChunked(true).write("first\n");
      }
      case "/moved" ->
          request
              .response()
              .setStatusCode(302)
              .putHeader("location", "/other?x=1")
              .putHeader("set-cookie", "a=b")
              .end();
      case "/page" ->
          request
              .response()
              .putHeader("content-type", "text/html; charset=utf-8")
              .end(
                  "<p>ü</p><a class=x href=\"/a\">a</a><img src='b'><script>\"<a"
                      + " href='/c'>\"</script>");
      default ->
          request
              .body()
              .onSuccess(
                  body ->
                      request
                          .response()
                          .setStatusCode(request.path().equals("/teapot") ? 418 : 200)
                          .putHeader("x-method", request.method().name())
                          .putHeader("x-uri", request.uri())
                          .putHeader("x-auth", String.valueOf(request.getHeader("authorization")))
                          .putHeader("x-mark", String.valueOf(request.getHeader("x-mine")))
                          .putHeader("x-for", String.valueOf(request.getHeader("x-forwarded-uri")))
                          .end(body));
    }
  }

  private HttpResponse<String> send(String method, String path, byte @Nullable [] body)
      throws Exception {
    HttpRequest request =
        cluster
            .request(MOUNT + path)
            .header("x-mine", "m")
            .method(
                method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
            .build();
    return client.send(request, BodyHandlers.ofString());
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  @Test
  void everyMethodGoesThroughWithPathQueryHeadersAndBody() throws Exception {
    for (String method : List.of("GET", "DELETE", "POST", "PUT", "PATCH")) {
      byte[] body = method.equals("GET") || method.equals("DELETE") ? null : "body".getBytes(UTF_8);
      HttpResponse<String> response = send(method, "/a%2Fb/c%20d/?q=1&q=%C3%BC", body);
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(header(response, "x-method")).isEqualTo(method);
      assertThat(header(response, "x-uri")).isEqualTo("/a%2Fb/c%20d/?q=1&q=%C3%BC");
      assertThat(header(response, "x-mark")).isEqualTo("m");
      assertThat(header(response, "x-auth")).isEqualTo("null");
      assertThat(header(response, "x-for")).isEqualTo(MOUNT + "/a%2Fb/c%20d/");
      assertThat(response.body()).isEqualTo(body == null ? "" : "body");
    }
    assertThat(send("HEAD", "/x", null).headers().firstValue("x-method")).contains("HEAD");
    assertThat(send("GET", "/teapot", null).statusCode()).isEqualTo(418);
  }

  @Test
  void bodiesLargerThanObjectsMayBeGoThrough() throws Exception {
    byte[] big = new byte[8 << 20];
    new Random(7).nextBytes(big);
    HttpRequest request =
        cluster
            .request(MOUNT + "/echo")
            .POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(big)))
            .build();
    assertThat(client.send(request, BodyHandlers.ofByteArray()).body()).isEqualTo(big);
  }

  @Test
  void answersStreamAndEndAtTheOtherSideWhenTheClientGoes() throws Exception {
    HttpResponse<InputStream> response =
        client.send(cluster.request(MOUNT + "/stream").build(), BodyHandlers.ofInputStream());
    assertThat(new String(response.body().readNBytes(6), UTF_8)).isEqualTo("first\n");
    response.body().close();
    client.shutdownNow();
    assertThat(streamGone.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void webSocketsPassThrough() throws Exception {
    CompletableFuture<String> received = new CompletableFuture<>();
    WebSocket socket =
        client
            .newWebSocketBuilder()
            .buildAsync(
                URI.create("wss://127.0.0.1:" + cluster.port + MOUNT + "/socket"),
                new WebSocket.Listener() {
                  @Override
                  public @Nullable CompletionStage<?> onText(
                      WebSocket from, CharSequence text, boolean last) {
                    received.complete(text.toString());
                    return null;
                  }
                })
            .get(10, TimeUnit.SECONDS);
    socket.sendText("hello", true).get(10, TimeUnit.SECONDS);
    assertThat(received.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
    socket.abort();
  }

  @Test
  void redirectsAndPagesLeadBackThroughTheProxy() throws Exception {
    HttpResponse<String> root = send("GET", "?x=y", null);
    assertThat(root.statusCode()).isEqualTo(301);
    assertThat(header(root, "location")).isEqualTo(MOUNT + "/?x=y");
    HttpResponse<String> moved = send("GET", "/moved", null);
    assertThat(moved.statusCode()).isEqualTo(302);
    assertThat(header(moved, "location")).isEqualTo(MOUNT + "/other?x=1");
    assertThat(header(moved, "set-cookie")).isEqualTo("a=b");
    assertThat(send("GET", "/page", null).body())
        .isEqualTo(
            "<p>ü</p><a class=x href=\"%s/a\">a</a><img src='b'><script>\"<a href='/c'>\"</script>"
                .formatted(MOUNT));
  }

  @Test
  void whatCannotBeReachedIsToldAsAStatus() throws Exception {
    HttpRuntime.await(agent.close(), Duration.ofSeconds(10));
    HttpResponse<String> gone = send("POST", "/x", "body".getBytes(UTF_8));
    assertThat(gone.statusCode()).isEqualTo(503);
    assertThat(gone.body()).contains("error trying to reach service: ");
    HttpResponse<String> none =
        client.send(cluster.request("/api/v1/nodes/none/proxy/x").build(), BodyHandlers.ofString());
    assertThat(none.statusCode()).isEqualTo(404);
  }

  @Test
  void whoMayNotProxyIsRefusedAndItsBodyNotTaken() throws Exception {
    try (HttpClient stranger = cluster.client(null, HttpClient.Version.HTTP_1_1)) {
      HttpResponse<String> refused =
          stranger.send(
              cluster
                  .request(MOUNT + "/x")
                  .POST(BodyPublishers.ofByteArray(new byte[1000]))
                  .build(),
              BodyHandlers.ofString());
      assertThat(refused.statusCode()).isEqualTo(401);
    }
  }
}
