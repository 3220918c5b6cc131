package io.berth.apiserver.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.codec.Json;
import io.berth.apiserver.authn.TokenClaims.NamedUid;
import io.berth.apiserver.pki.Pki;
import io.berth.apiserver.server.Frames;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.Responses;
import io.berth.apiserver.server.Verb;
import io.berth.apiserver.store.memory.MemoryStore;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpsServerTest {
  @TempDir static Path directory;
  private static TestingCluster cluster;
  private static final BlockingQueue<Frames> WATCHES = new LinkedBlockingQueue<>();

  /** Says who asked for what, or keeps a watch for the test to write on. */
  private static final RequestHandler HANDLER =
      (request, info, identity, sink) -> {
        if (info.verb() == Verb.WATCH) {
          WATCHES.add(sink.start(200, Responses.JSON_HEADERS));
        } else if (info.name().equals("bug")) {
          throw new IllegalStateException("a secret detail");
        } else if (info.name().equals("large")) {
          sink.send(Responses.json(200, Json.object().put("x", "large ".repeat(40_000))));
        } else {
          sink.send(
              Responses.json(
                  200,
                  Json.object()
                      .put("user", identity.name())
                      .put("what", info.verb() + " " + info.resourceText() + " " + info.name())
                      .put("bytes", request.body().length)));
        }
      };

  @BeforeAll
  static void start() throws Exception {
    cluster =
        new TestingCluster(
            directory,
            HANDLER,
            Map.of(),
            config ->
                config.withTimeouts(
                    Duration.ofSeconds(2), Duration.ofSeconds(60), Duration.ofSeconds(2)));
  }

  @AfterAll
  static void stop() throws Exception {
    cluster.close();
  }

  private static HttpResponse<String> get(HttpClient client, String target) throws Exception {
    return client.send(cluster.request(target).build(), BodyHandlers.ofString());
  }

  @Test
  void aClientCertificateNamesTheUser() throws Exception {
    try (HttpClient client = cluster.admin()) {
      HttpResponse<String> response = get(client, "/api/v1/namespaces/default/pods/a%2Db");
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body())
          .isEqualTo("{\"user\":\"kubernetes-admin\",\"what\":\"get pods a-b\",\"bytes\":0}");
      assertThat(response.headers().firstValue("content-type")).contains("application/json");
    }
  }

  @Test
  void largeAnswersAreCompressedForClientsThatTakeIt() throws Exception {
    try (HttpClient client = cluster.admin()) {
      HttpRequest.Builder large = cluster.request("/api/v1/namespaces/default/pods/large");
      HttpResponse<byte[]> plain = client.send(large.build(), BodyHandlers.ofByteArray());
      assertThat(plain.headers().firstValue("content-encoding")).isEmpty();
      assertThat(plain.body().length).isGreaterThan(128 << 10);
      HttpResponse<byte[]> packed =
          client.send(
              large.header("accept-encoding", "br, gzip").build(), BodyHandlers.ofByteArray());
      assertThat(packed.headers().firstValue("content-encoding")).contains("gzip");
      assertThat(packed.headers().firstValue("vary")).contains("Accept-Encoding");
      assertThat(packed.body().length).isLessThan(plain.body().length / 3);
      byte[] unpacked = new GZIPInputStream(new ByteArrayInputStream(packed.body())).readAllBytes();
      assertThat(unpacked).isEqualTo(plain.body());

      HttpRequest small = cluster.request("/api/v1/pods").header("accept-encoding", "gzip").build();
      assertThat(client.send(small, BodyHandlers.ofString()).body()).contains("list pods");
    }
  }

  @Test
  void aHeadHasNoBodyAndResourcesDoNotServeIt() throws Exception {
    for (HttpClient.Version version : HttpClient.Version.values()) {
      try (HttpClient client = cluster.client(cluster.pki.admin(), version)) {
        for (var path : Map.of("/version", 200, "/api/v1/pods", 405).entrySet()) {
          HttpResponse<String> head =
              client.send(cluster.request(path.getKey()).HEAD().build(), BodyHandlers.ofString());
          assertThat(head.statusCode()).as(version + path.getKey()).isEqualTo(path.getValue());
          assertThat(head.body()).isEmpty();
        }
        assertThat(get(client, "/api/v1/pods").statusCode()).isEqualTo(200);
      }
    }
  }

  @Test
  void http2IsNegotiated() throws Exception {
    try (HttpClient client = cluster.client(cluster.pki.admin(), HttpClient.Version.HTTP_2)) {
      HttpResponse<String> response = get(client, "/api/v1/pods");
      assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
      assertThat(response.body()).contains("list pods");
      HttpRequest post =
          cluster
              .request("/api/v1/namespaces/default/pods")
              .header("content-type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString("{}"))
              .build();
      assertThat(client.send(post, BodyHandlers.ofString()).body()).contains("\"bytes\":2");
    }
  }

  @Test
  void withoutCredentialsOnlyHealthAndVersionAnswer() throws Exception {
    try (HttpClient client = cluster.client(null, HttpClient.Version.HTTP_1_1)) {
      HttpResponse<String> refused = get(client, "/api/v1/pods");
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.body())
          .contains("\"kind\":\"Status\"")
          .contains("\"reason\":\"Unauthorized\"");
      assertThat(get(client, "/apis").statusCode()).isEqualTo(401);
      assertThat(get(client, "/readyz").body()).isEqualTo("ok");
      assertThat(get(client, "/livez?verbose").body()).contains("[+]ping ok");
      assertThat(get(client, "/version").body()).contains("\"minor\":\"36\"");
    }
  }

  @Test
  void aCertificateOfAnotherAuthorityIsUnauthorizedInWords() throws Exception {
    var other =
        Pki.open(
            directory.resolve("other"),
            new MemoryStore(cluster.environment),
            cluster.environment.clock());
    // The server names the authority it wants, so a JDK client shows another one's only if told to.
    try (HttpClient client =
        HttpClient.newBuilder()
            .sslContext(TestingTls.always(cluster.pki.authority(), other.admin()))
            .build()) {
      assertThat(get(client, "/api/v1/pods").statusCode()).isEqualTo(401);
    }
  }

  @Test
  void aServiceAccountTokenNamesItsUserAndABadOneNobody() throws Exception {
    String token =
        cluster.tokens.issue(
            "default",
            new NamedUid("robot", "robot-uid"),
            null,
            null,
            List.of(),
            Duration.ofHours(1));
    try (HttpClient client = cluster.client(null, HttpClient.Version.HTTP_1_1)) {
      HttpRequest good =
          cluster.request("/api/v1/pods").header("authorization", "Bearer " + token).build();
      HttpResponse<String> response = client.send(good, BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(403);
      assertThat(response.body())
          .contains(
              "pods is forbidden: User \\\"system:serviceaccount:default:robot\\\" cannot list"
                  + " resource \\\"pods\\\" in API group \\\"\\\" at the cluster scope");
      HttpRequest bad =
          cluster.request("/version").header("authorization", "Bearer " + token + "x").build();
      assertThat(client.send(bad, BodyHandlers.ofString()).statusCode()).isEqualTo(401);
    }
  }

  @Test
  void aBodyOverTheLimitIs413AndNothingIsServed() throws Exception {
    try (HttpClient client = cluster.admin()) {
      HttpRequest.Builder post =
          cluster
              .request("/api/v1/namespaces/default/pods")
              .header("content-type", "application/json");
      byte[] tooLarge = new byte[(3 << 20) + 1];
      HttpResponse<String> known =
          client.send(
              post.POST(HttpRequest.BodyPublishers.ofByteArray(tooLarge)).build(),
              BodyHandlers.ofString());
      assertThat(known.statusCode()).isEqualTo(413);
      assertThat(known.body()).contains("RequestEntityTooLarge").contains("limit is 3145728");
      HttpResponse<String> chunked =
          client.send(
              post.POST(
                      HttpRequest.BodyPublishers.ofInputStream(
                          () -> new ByteArrayInputStream(tooLarge)))
                  .build(),
              BodyHandlers.ofString());
      assertThat(chunked.statusCode()).isEqualTo(413);
      byte[] fits = new byte[3 << 20];
      HttpResponse<String> ok =
          client.send(
              post.POST(HttpRequest.BodyPublishers.ofByteArray(fits)).build(),
              BodyHandlers.ofString());
      assertThat(ok.body()).contains("\"bytes\":3145728");
    }
  }

  @Test
  void aDefectIs500WithoutDetail() throws Exception {
    try (HttpClient client = cluster.admin()) {
      HttpResponse<String> response = get(client, "/api/v1/namespaces/default/pods/bug");
      assertThat(response.statusCode()).isEqualTo(500);
      assertThat(response.body()).contains("InternalError").doesNotContain("secret detail");
    }
  }

  @Test
  void badEncodingIs400AndUnknownPathsAre404() throws Exception {
    assertThat(raw("GET /api/v1/pods?x=%zz HTTP/1.1\r\nHost: a\r\n\r\n")).contains(" 400 ");
    assertThat(raw("GET /api/v1/pods/%g HTTP/1.1\r\nHost: a\r\n\r\n")).contains(" 400 ");
    try (HttpClient client = cluster.admin()) {
      HttpResponse<String> response = get(client, "/nowhere");
      assertThat(response.statusCode()).isEqualTo(404);
      assertThat(response.body()).contains("the server could not find the requested resource");
      assertThat(get(client, "/apis/none/v1/things").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void garbageGets4xxOrIsCut() throws Exception {
    assertThat(raw("\u0000\u0001garbage\r\n\r\n")).containsPattern("^(HTTP/1.1 4..|)");
    // Only the last record goes over a limit: what came behind would meet a closed connection.
    assertThat(raw("GET /" + "x".repeat(16_500) + " HTTP/1.1\r\nHost: a\r\n\r\n"))
        .contains(" 414 ");
    assertThat(raw("GET / HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(66_000) + "\r\n\r\n"))
        .contains(" 431 ");
    try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), cluster.port)) {
      plain.setSoTimeout(10_000);
      plain.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(UTF_8));
      plain.getInputStream().readAllBytes(); // ends: no TLS, no service
    }
    try (HttpClient client = cluster.admin()) {
      assertThat(get(client, "/readyz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aRequestThatComesDropByDropIsCut() throws Exception {
    try (Socket socket = tlsSocket()) {
      socket.getOutputStream().write("GET / HT".getBytes(UTF_8));
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
    try (Socket socket = tlsSocket()) {
      socket
          .getOutputStream()
          .write(
              "POST /api/v1/pods HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"
                  .getBytes(UTF_8));
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void aWatchStreamsAndLearnsThatItsClientWent() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    HttpClient client = cluster.admin();
    HttpResponse<InputStream> response =
        client.send(
            cluster.request("/api/v1/pods?watch=true").build(), BodyHandlers.ofInputStream());
    Frames watch = take();
    watch.onClosed(gone::countDown);
    BufferedReader lines = new BufferedReader(new InputStreamReader(response.body(), UTF_8));
    assertThat(watch.write("{\"a\":1}\n".getBytes(UTF_8))).isTrue();
    assertThat(lines.readLine()).isEqualTo("{\"a\":1}");
    for (int i = 0; i < 1000; i++) {
      watch.write(("{\"i\":" + i + "}\n").getBytes(UTF_8));
    }
    for (int i = 0; i < 1000; i++) {
      assertThat(lines.readLine()).isEqualTo("{\"i\":" + i + "}");
    }
    client.shutdownNow();
    assertThat(gone.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(watch.write(new byte[] {'\n'})).isFalse();
  }

  @Test
  void aWatchEndsInOrder() throws Exception {
    try (HttpClient client = cluster.admin()) {
      HttpResponse<InputStream> response =
          client.send(
              cluster.request("/api/v1/pods?watch=1").build(), BodyHandlers.ofInputStream());
      Frames watch = take();
      watch.write("{}\n".getBytes(UTF_8));
      watch.end();
      assertThat(response.body().readAllBytes()).isEqualTo("{}\n".getBytes(UTF_8));
    }
  }

  @Test
  void aClientThatDoesNotReadIsCutWhenTooMuchWaits() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    try (Socket socket = tlsSocket()) {
      socket
          .getOutputStream()
          .write("GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(UTF_8));
      Frames watch = take();
      watch.onClosed(gone::countDown);
      byte[] frame = new byte[1 << 20];
      boolean cut = false;
      for (int i = 0; i < 64 && !cut; i++) {
        cut = !watch.write(frame);
      }
      assertThat(cut).isTrue();
      assertThat(gone.await(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aClientThatStallsIsCutAfterAWhile() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    AtomicBoolean full = new AtomicBoolean();
    try (Socket socket = tlsSocket()) {
      socket
          .getOutputStream()
          .write("GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(UTF_8));
      Frames watch = take();
      watch.onClosed(gone::countDown);
      watch.write(new byte[12 << 20]);
      full.set(watch.full());
      assertThat(gone.await(8, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(full).isTrue();
  }

  @Test
  void headHasNoBodyAndOtherMethodsAre405() throws Exception {
    assertThat(raw("HEAD /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200")
        .endsWith("\r\n\r\n");
    try (HttpClient client = cluster.admin()) {
      HttpRequest post =
          cluster.request("/version").POST(HttpRequest.BodyPublishers.noBody()).build();
      assertThat(client.send(post, BodyHandlers.ofString()).statusCode()).isEqualTo(405);
      HttpRequest put =
          cluster
              .request("/api/v1/namespaces/default/pods")
              .PUT(HttpRequest.BodyPublishers.ofString("{}"))
              .build();
      assertThat(client.send(put, BodyHandlers.ofString()).statusCode()).isEqualTo(405);
    }
  }

  @Test
  void identitiesOfOneConnectionDoNotMix() throws Exception {
    String token =
        cluster.tokens.issue(
            "default", new NamedUid("a", "a-uid"), null, null, List.of(), Duration.ofHours(1));
    try (HttpClient client = cluster.client(null, HttpClient.Version.HTTP_1_1)) {
      HttpRequest good =
          cluster.request("/api/v1/pods").header("authorization", "Bearer " + token).build();
      assertThat(client.send(good, BodyHandlers.ofString()).statusCode()).isEqualTo(403);
      assertThat(get(client, "/api/v1/pods").statusCode()).isEqualTo(401);
    }
    assertThat(Identity.ANONYMOUS.anonymous()).isTrue();
  }

  private static Frames take() throws InterruptedException {
    Frames watch = WATCHES.poll(5, TimeUnit.SECONDS);
    assertThat(watch).isNotNull();
    return watch;
  }

  private static Socket tlsSocket() throws Exception {
    Socket socket =
        cluster
            .tls(cluster.pki.admin())
            .getSocketFactory()
            .createSocket(InetAddress.getLoopbackAddress(), cluster.port);
    socket.setSoTimeout(10_000);
    return socket;
  }

  private static String raw(String text) throws Exception {
    try (Socket socket = tlsSocket()) {
      OutputStream out = socket.getOutputStream();
      out.write(text.getBytes(UTF_8));
      out.flush();
      byte[] buffer = new byte[64 << 10];
      int count = socket.getInputStream().read(buffer);
      return count < 0 ? "" : new String(buffer, 0, count, UTF_8);
    }
  }
}
