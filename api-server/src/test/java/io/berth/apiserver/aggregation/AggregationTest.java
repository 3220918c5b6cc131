package io.berth.apiserver.aggregation;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Transport;
import io.berth.apiserver.TestingServer;
import io.berth.apiserver.http.TestingCluster;
import io.berth.apiserver.inprocess.InProcessTransport;
import io.berth.apiserver.pki.CertificateAuthority;
import io.berth.apiserver.pki.Pem;
import io.berth.apiserver.server.Identity;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A further API server behind a whole one, over HTTPS. */
class AggregationTest {
  private static final String SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";
  private static final String NAME = "v1.ext.example.com";
  private static final String THINGS = ExtensionServer.ROOT + "/namespaces/default/things";
  private static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  private static final Identity ADMIN = Identity.of("admin", Identity.MASTERS);

  @TempDir Path directory;
  private TestingServer server;
  private ExtensionServer extension;
  private HttpClient client;

  @BeforeEach
  void start() throws Exception {
    server = new TestingServer(directory);
    String map = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";
    eventually(() -> json(map).has("data"));
    extension = new ExtensionServer(json(map).path("data"));
    client =
        HttpClient.newBuilder()
            .sslContext(TestingCluster.tls(server.pki().authority(), server.pki().admin()))
            .version(HttpClient.Version.HTTP_1_1)
            .build();
    server.create(
        "/api/v1/namespaces/default/services",
        "{'metadata':{'name':'ext'},'spec':{'type':'ExternalName','externalName':'localhost'}}");
  }

  @AfterEach
  void stop() throws Exception {
    client.shutdownNow();
    extension.close();
    server.close();
  }

  private static void eventually(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("the time").isLessThan(end);
      new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS);
    }
  }

  private ApiResponse send(ApiRequest request) throws Exception {
    try (InProcessTransport transport = server.as(ADMIN)) {
      return transport.send(request);
    }
  }

  private JsonNode json(String path) throws Exception {
    return Json.parse(send(ApiRequest.get(path)).body());
  }

  private void register(String trust) throws Exception {
    server.create(
        SERVICES,
        "{'metadata':{'name':'%s'},'spec':{'group':'ext.example.com','version':'v1',%s'groupPriorityMinimum':2000,'versionPriority':20,'service':{'name':'ext','namespace':'default','port':%d}}}"
            .formatted(NAME, trust, extension.port()));
  }

  private void registerTrusted() throws Exception {
    register("'caBundle':'" + extension.bundle() + "',");
    eventually(
        () ->
            available().equals("True Passed")
                && freshness().equals("Current")
                && json("/openapi/v2").path("definitions").has("com.example.Thing"));
  }

  private String available() throws Exception {
    JsonNode condition = json(SERVICES + "/" + NAME).at("/status/conditions/0");
    return condition.path("status").asText() + " " + condition.path("reason").asText();
  }

  private JsonNode discovered() throws Exception {
    JsonNode groups =
        Json.parse(send(ApiRequest.get("/apis").withHeader("accept", AGGREGATED)).body());
    for (JsonNode group : groups.path("items")) {
      if (group.at("/metadata/name").asText().equals("ext.example.com")) {
        return group.at("/versions/0");
      }
    }
    return Json.object();
  }

  private String freshness() throws Exception {
    return discovered().path("freshness").asText();
  }

  private HttpRequest.Builder https(String target) {
    return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + target))
        .timeout(Duration.ofSeconds(10));
  }

  private HttpResponse<String> get(String target) throws Exception {
    return client.send(https(target).build(), BodyHandlers.ofString());
  }

  @Test
  void requestsReachTheOtherServerWithTheirSendersNameAndNobodyElses() throws Exception {
    registerTrusted();
    HttpRequest asJane =
        https(THINGS + "/a?x=1&y=%C3%BC")
            .header("X-Remote-User", "somebody")
            .header("X-Remote-Group", "system:masters")
            .header("X-Remote-Extra-Scopes", "all")
            .header("Impersonate-User", "jane")
            .header("Impersonate-Uid", "u1")
            .header("Impersonate-Group", "one")
            .header("Impersonate-Extra-example.org%2fkey", "value")
            .header("X-Mine", "m")
            .build();
    HttpResponse<String> response = client.send(asJane, BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(403); // jane may do nothing
    server.create(
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        "{'metadata':{'name':'jane'},'roleRef':{'kind':'ClusterRole','name':'cluster-admin',"
            + "'apiGroup':'rbac.authorization.k8s.io'},'subjects':[{'kind':'User','name':'jane',"
            + "'apiGroup':'rbac.authorization.k8s.io'}]}");
    json("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"); // in force from now on
    HttpResponse<String> allowed = client.send(asJane, BodyHandlers.ofString());
    assertThat(allowed.statusCode()).as(allowed.body()).isEqualTo(200);
    JsonNode told = Json.parse(allowed.body().getBytes(UTF_8)).at("/metadata/annotations");
    assertThat(told.path("x-remote-user").asText()).isEqualTo("jane");
    assertThat(told.path("x-remote-uid").asText()).isEqualTo("u1");
    assertThat(told.path("x-remote-group").asText()).isEqualTo("one|system:authenticated");
    assertThat(told.path("x-remote-extra-example.org%2fkey").asText()).isEqualTo("value");
    assertThat(told.has("x-remote-extra-scopes")).isFalse();
    assertThat(told.has("impersonate-user")).isFalse();
    assertThat(told.has("authorization")).isFalse();
    assertThat(told.path("x-mine").asText()).isEqualTo("m");
    assertThat(told.path("host").asText()).isEqualTo("ext.default.svc:" + extension.port());
    assertThat(told.path("uri").asText()).isEqualTo(THINGS + "/a?x=1&y=%C3%BC");
  }

  @Test
  void namesOfAnyScriptArriveAsTheyAre() throws Exception {
    registerTrusted();
    try (InProcessTransport sender = server.as(Identity.of("дүня ü", Identity.MASTERS, "κ"))) {
      ApiResponse response = sender.send(ApiRequest.get(THINGS + "/a")).orThrow();
      JsonNode told = Json.parse(response.body()).at("/metadata/annotations");
      assertThat(utf8(told.path("x-remote-user").asText())).isEqualTo("дүня ü");
      assertThat(utf8(told.path("x-remote-group").asText())).contains("κ");
    }
  }

  /** A header whose characters were read as one byte each. */
  private static String utf8(String header) {
    return new String(header.getBytes(ISO_8859_1), UTF_8);
  }

  @Test
  void aNameThatNoHeaderCanHoldIsRefused() throws Exception {
    registerTrusted();
    try (InProcessTransport sender = server.as(Identity.of("a\nb", Identity.MASTERS))) {
      assertThat(sender.send(ApiRequest.get(THINGS + "/a")).status()).isEqualTo(503);
    }
  }

  @Test
  void bodiesAndAnswersOfAnySizeStreamThrough() throws Exception {
    registerTrusted();
    byte[] big = new byte[8 << 20]; // more than this server takes itself
    HttpResponse<String> posted =
        client.send(
            https(THINGS).POST(BodyPublishers.ofByteArray(big)).build(), BodyHandlers.ofString());
    assertThat(posted.body()).contains("\"method\":\"POST\"", "\"body\":\"" + big.length + "\"");
    HttpResponse<byte[]> answer =
        client.send(https(THINGS + "/big").build(), BodyHandlers.ofByteArray());
    assertThat(answer.body()).hasSize(ExtensionServer.BIG);
  }

  @Test
  void watchesStreamAndEndAtTheOtherServerWhenTheClientGoes() throws Exception {
    registerTrusted();
    HttpResponse<InputStream> watch =
        client.send(https(THINGS + "?watch=true").build(), BodyHandlers.ofInputStream());
    assertThat(line(watch.body())).contains("first");
    extension.change("second");
    assertThat(line(watch.body())).contains("second");
    watch.body().close();
    client.shutdownNow();
    assertThat(extension.awaitWatchGone()).isTrue();
  }

  private static String line(InputStream in) throws Exception {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n' && b >= 0; b = in.read()) {
      line.append((char) b);
    }
    return line.toString();
  }

  @Test
  void partsOfThisProcessReadAndWatchAsWell() throws Exception {
    registerTrusted();
    assertThat(json(ExtensionServer.ROOT + "/things").path("items")).hasSize(2);
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    try (InProcessTransport transport = server.as(ADMIN)) {
      transport.stream(
          ApiRequest.get(THINGS).withQuery("watch", "true"),
          new Transport.StreamListener() {
            @Override
            public void onStart(int status) {
              events.add("status " + status);
            }

            @Override
            public void onFrame(byte[] frame) {
              events.add(new String(frame, UTF_8));
            }

            @Override
            public void onClose(@Nullable Throwable cause) {}
          });
      assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("status 200");
      assertThat(events.poll(10, TimeUnit.SECONDS)).contains("first").endsWith("}");
      extension.change("second");
      assertThat(events.poll(10, TimeUnit.SECONDS)).contains("second");
    }
    assertThat(extension.awaitWatchGone()).isTrue();
  }

  @Test
  void aServerThatDoesNotAnswerInTimeIsNotWaitedForLonger() throws Exception {
    registerTrusted();
    HttpResponse<String> late = get(THINGS + "/a/silent?timeout=200ms");
    assertThat(late.statusCode()).isEqualTo(504);
    JsonNode status = Json.parse(late.body().getBytes(UTF_8));
    assertThat(status.path("reason").asText()).isEqualTo("Timeout");
    assertThat(status.path("message").asText())
        .isEqualTo("Timeout: request did not complete within the allotted timeout");
    // A slow machine may be late before it has connected.
    eventually(
        () -> get(THINGS + "/a/silent?timeout=200ms").statusCode() == 504 && extension.watchGone());
    assertThat(send(ApiRequest.get(THINGS + "/a/silent").withQuery("timeout", "200ms")).status())
        .isEqualTo(504);
    assertThat(available()).isEqualTo("True Passed");
    assertThat(get(THINGS + "/a?timeout=never").statusCode()).isEqualTo(400);
  }

  @Test
  void anAnswerThatDoesNotEndInTimeIsBrokenOff() throws Exception {
    registerTrusted();
    eventually(() -> breaksOff(THINGS + "/a/endless?timeout=200ms"));
    assertThat(extension.awaitWatchGone()).isTrue();
  }

  private boolean breaksOff(String target) throws Exception {
    try {
      assertThat(get(target).statusCode()).isEqualTo(504); // late before it was connected
      return false;
    } catch (HttpTimeoutException e) {
      throw e;
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void webSocketsPassThrough() throws Exception {
    registerTrusted();
    CompletableFuture<String> received = new CompletableFuture<>();
    WebSocket socket =
        client
            .newWebSocketBuilder()
            .buildAsync(
                URI.create("wss://127.0.0.1:" + server.port() + THINGS + "/a/socket"),
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
  void discoveryAndOpenApiShowWhatTheOtherServerServes() throws Exception {
    registerTrusted();
    assertThat(json("/apis/ext.example.com").at("/preferredVersion/groupVersion").asText())
        .isEqualTo(ExtensionServer.GROUP_VERSION);
    assertThat(json("/apis").toString())
        .contains("\"apiregistration.k8s.io\"", "\"ext.example.com\"");
    assertThat(get(ExtensionServer.ROOT).body()).contains("APIResourceList", "\"things\"");
    JsonNode resources = discovered().path("resources");
    assertThat(resources.at("/0/responseKind/group").asText()).isEqualTo("ext.example.com");
    assertThat(resources.at("/0/scope").asText()).isEqualTo("Namespaced");
    assertThat(resources.at("/0/shortNames/0").asText()).isEqualTo("th");
    assertThat(resources.at("/0/subresources/0/subresource").asText()).isEqualTo("status");
    assertThat(resources.at("/1/resource").asText()).isEqualTo("others");
    assertThat(resources.at("/1/subresources/0/responseKind/kind").asText()).isEqualTo("Run");
    assertThat(
            json("/openapi/v3").at("/paths/apis~1ext.example.com~1v1/serverRelativeURL").asText())
        .isEqualTo("/openapi/v3/apis/ext.example.com/v1?hash=ABC");
    assertThat(get("/openapi/v3/apis/ext.example.com/v1?hash=ABC").body()).contains("\"ext\"");
    JsonNode v2 = json("/openapi/v2");
    assertThat(v2.path("paths").has(ExtensionServer.ROOT + "/things")).isTrue();
    assertThat(v2.path("paths").has("/api/v1/namespaces/{namespace}/pods")).isTrue();
    assertThat(v2.path("definitions").has("com.example.Thing")).isTrue();
    assertThat(v2.path("definitions").has("com.example.X")).isTrue();
    assertThat(v2.path("definitions").has("com.example.Else")).isFalse();
  }

  @Test
  void ofAServerThatWritesOldOpenApiTheNewOneIsMadeUp() throws Exception {
    extension.writeOldOpenApi();
    registerTrusted();
    String url =
        json("/openapi/v3").at("/paths/apis~1ext.example.com~1v1/serverRelativeURL").asText();
    assertThat(url).startsWith("/openapi/v3/apis/ext.example.com/v1?hash=");
    JsonNode document = Json.parse(get(url).body().getBytes(UTF_8));
    JsonNode things = document.path("paths").path(ExtensionServer.ROOT + "/things");
    assertThat(things.path("parameters"))
        .hasToString(
            "[{\"name\":\"pretty\",\"in\":\"query\",\"schema\":{\"type\":\"string\",\"uniqueItems\""
                + ":true}}]");
    assertThat(things.at("/post/requestBody"))
        .hasToString(
            "{\"required\":true,\"content\":{\"application/json\":{\"schema\":{\"$ref\":"
                + "\"#/components/schemas/com.example.Thing\"}}}}");
    assertThat(things.at("/post/responses/200"))
        .hasToString(
            "{\"description\":\"OK\",\"content\":{\"application/json\":{\"schema\":{\"$ref\":"
                + "\"#/components/schemas/com.example.Thing\"}}}}");
    assertThat(document.at("/components/schemas/com.example.Thing/properties/x/$ref").asText())
        .isEqualTo("#/components/schemas/com.example.X");
    assertThat(document.at("/components/schemas/com.example.X/type").asText()).isEqualTo("string");
  }

  @Test
  void aServerThatIsDownIsToldAndServedAgainOnceItIsBack() throws Exception {
    registerTrusted();
    extension.stop();
    HttpResponse<String> broken = get(THINGS + "/a");
    assertThat(broken.statusCode()).isEqualTo(503);
    assertThat(broken.body())
        .startsWith("error trying to reach service: ")
        .contains("connection refused");
    eventually(() -> available().equals("False FailedDiscoveryCheck"));
    assertThat(json(SERVICES + "/" + NAME).at("/status/conditions/0/message").asText())
        .startsWith("failing or missing response from https://")
        .endsWith("connect: connection refused");
    eventually(() -> freshness().equals("Stale"));
    assertThat(get("/metrics").body())
        .contains("aggregator_unavailable_apiservice{name=\"" + NAME + "\"} 1");
    assertThat(discovered().path("resources")).hasSize(2);
    eventually(() -> get(THINGS + "/a").body().equals("service unavailable\n"));
    assertThat(get(THINGS + "/a").statusCode()).isEqualTo(503);
    extension.start();
    eventually(() -> get(THINGS + "/a").statusCode() == 200);
    eventually(() -> freshness().equals("Current"));
  }

  @Test
  void aServerThatIsNotTrustedGetsNoRequests() throws Exception {
    register("'caBundle':'" + strangersBundle() + "',");
    eventually(() -> available().equals("True Passed")); // it answers, as Kubernetes sees it
    eventually(() -> get(THINGS + "/a").body().startsWith("error trying to reach service: "));
    assertThat(get(THINGS + "/a").statusCode()).isEqualTo(503);
    assertThat(freshness()).isEqualTo("Stale");
    assertThat(discovered().path("resources")).isEmpty();
    send(ApiRequest.patch(
            SERVICES + "/" + NAME,
            "application/merge-patch+json",
            "{\"spec\":{\"caBundle\":null,\"insecureSkipTLSVerify\":true}}".getBytes(UTF_8)))
        .orThrow();
    eventually(() -> get(THINGS + "/a").statusCode() == 200);
    eventually(() -> freshness().equals("Current"));
  }

  @Test
  void whatIsNoPlainPathOrNotAllowedIsNotPassedOn() throws Exception {
    registerTrusted();
    try (InProcessTransport jane = server.as(Identity.of("jane"))) {
      assertThat(jane.send(ApiRequest.get(THINGS + "/a")).status()).isEqualTo(403);
      assertThat(jane.send(ApiRequest.get(ExtensionServer.ROOT)).status()).isEqualTo(200);
      for (String path :
          List.of(
              ExtensionServer.ROOT + "//namespaces/default/things/a",
              ExtensionServer.ROOT + "/namespaces/default/things//a",
              ExtensionServer.ROOT + "/namespaces/../namespaces/default/things/a")) {
        assertThat(jane.send(ApiRequest.get(path)).status()).as(path).isIn(403, 404);
        assertThat(send(ApiRequest.get(path)).status()).as(path).isEqualTo(404);
      }
    }
  }

  @Test
  void deletingTheRegistrationEndsWhatItServed() throws Exception {
    registerTrusted();
    send(ApiRequest.delete(SERVICES + "/" + NAME)).orThrow();
    eventually(() -> get(THINGS + "/a").statusCode() == 404);
    assertThat(json("/apis").toString()).doesNotContain("ext.example.com");
    assertThat(json("/openapi/v3").toString()).doesNotContain("ext.example.com");
  }

  /** The certificate of an authority that issued nothing. */
  private static String strangersBundle() {
    byte[] pem = Pem.of(CertificateAuthority.create(Instant.now()).certificate()).getBytes(UTF_8);
    return Base64.getEncoder().encodeToString(pem);
  }
}
