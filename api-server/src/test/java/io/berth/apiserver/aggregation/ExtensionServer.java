package io.berth.apiserver.aggregation;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.apiserver.pki.CertificateAuthority;
import io.berth.apiserver.pki.CertificateSpec;
import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.apiserver.pki.Pem;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * A further API server as others would write one: it serves {@code things} of {@code
 * ext.example.com/v1}, believes only whom the cluster's config map names, and tells in annotations
 * what it was told of a request's sender.
 */
final class ExtensionServer implements AutoCloseable {
  static final String GROUP_VERSION = "ext.example.com/v1";
  static final String ROOT = "/apis/" + GROUP_VERSION;
  static final int BIG = 24 << 20;

  private final Vertx vertx = Vertx.vertx();
  private final CertificateAuthority authority = CertificateAuthority.create(Instant.now());
  private final HttpServerOptions options;
  private final Set<String> allowed = new TreeSet<>();
  private final Set<HttpServerResponse> watches = ConcurrentHashMap.newKeySet();
  private final CountDownLatch watchGone = new CountDownLatch(1);
  private volatile boolean old;
  private HttpServer server;
  private int port;

  /**
   * @param authentication the data of {@code extension-apiserver-authentication}
   */
  ExtensionServer(JsonNode authentication) throws Exception {
    KeyedCertificate own =
        authority.issue(
            CertificateSpec.server("ext", new TreeSet<>(List.of("ext.default.svc"))),
            Instant.now());
    Json.parse(authentication.path("requestheader-allowed-names").asText().getBytes(UTF_8))
        .forEach(name -> allowed.add(name.asText()));
    options =
        new HttpServerOptions()
            .setSsl(true)
            .setKeyCertOptions(
                new PemKeyCertOptions()
                    .addCertValue(Buffer.buffer(own.certificatePem()))
                    .addKeyValue(Buffer.buffer(own.keyPem())))
            .setTrustOptions(
                new PemTrustOptions()
                    .addCertValue(
                        Buffer.buffer(
                            authentication.path("requestheader-client-ca-file").asText())))
            .setClientAuth(ClientAuth.REQUIRED);
    start();
  }

  /** From now on writes OpenAPI 2 alone. */
  void writeOldOpenApi() {
    old = true;
  }

  /** Listens, again where it listened before. */
  void start() throws Exception {
    server =
        vertx
            .createHttpServer(options)
            .requestHandler(this::serve)
            .listen(port, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
    port = server.actualPort();
  }

  void stop() throws Exception {
    server.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  int port() {
    return port;
  }

  /** Whom clients are to trust, as {@code caBundle} has it. */
  String bundle() {
    return Base64.getEncoder().encodeToString(Pem.of(authority.certificate()).getBytes(UTF_8));
  }

  /** Sends every open watch an event. */
  void change(String name) {
    ObjectNode event = Json.object().put("type", "ADDED");
    event.set("object", thing(name));
    watches.forEach(watch -> watch.write(new String(Json.bytes(event), UTF_8) + "\n"));
  }

  /** Whether a watch, or another answer without an end, was broken off by its client. */
  boolean watchGone() {
    return watchGone.getCount() == 0;
  }

  /** Waits until a watch was broken off by its client. */
  boolean awaitWatchGone() throws InterruptedException {
    return watchGone.await(10, TimeUnit.SECONDS);
  }

  private void serve(HttpServerRequest request) {
    String path = String.valueOf(request.path());
    if (!trusted(request)) {
      request.response().setStatusCode(401).end();
    } else if (path.endsWith("/socket")) {
      request
          .toWebSocket()
          .onSuccess(socket -> socket.textMessageHandler(socket::writeTextMessage));
    } else if (request.getParam("watch") != null) {
      HttpServerResponse response = request.response();
      response.putHeader("content-type", "application/json").setChunked(true);
      response.closeHandler(
          v -> {
            watches.remove(response);
            watchGone.countDown();
          });
      watches.add(response);
      change("first");
    } else if (path.endsWith("/silent")) {
      request.response().closeHandler(v -> watchGone.countDown());
    } else if (path.endsWith("/endless")) {
      HttpServerResponse response = request.response();
      response.setChunked(true).closeHandler(v -> watchGone.countDown());
      response.write("first");
    } else if (path.endsWith("/big")) {
      request.response().setChunked(true);
      byte[] piece = new byte[1 << 20];
      for (int i = 0; i < BIG / piece.length; i++) {
        request.response().write(Buffer.buffer(piece));
      }
      request.response().end();
    } else {
      request.body().onSuccess(body -> answer(request, path, body.length()));
    }
  }

  private boolean trusted(HttpServerRequest request) {
    try {
      X509Certificate client =
          (X509Certificate) request.connection().sslSession().getPeerCertificates()[0];
      String name = client.getSubjectX500Principal().getName();
      return name.startsWith("CN=") && allowed.contains(name.substring(3));
    } catch (SSLPeerUnverifiedException e) {
      return false;
    }
  }

  private void answer(HttpServerRequest request, String path, int length) {
    JsonNode document =
        switch (path) {
          case ROOT -> resources();
          case "/openapi/v3" ->
              old
                  ? null
                  : parse(
                      "{'paths':{'apis/ext.example.com/v1':{'serverRelativeURL':"
                          + "'/openapi/v3/apis/ext.example.com/v1?hash=ABC'}}}");
          case "/openapi/v3/apis/ext.example.com/v1" ->
              parse("{'openapi':'3.0.0','info':{'title':'ext'},'paths':{}}");
          case "/openapi/v2" ->
              parse(
                  "{'swagger':'2.0','parameters':{'pretty-1':{'name':'pretty','in':'query',"
                      + "'type':'string','uniqueItems':true}},'paths':{'/healthz':{},"
                      + "'/apis/ext.example.com/v1/things':{'parameters':[{'$ref':"
                      + "'#/parameters/pretty-1'}],'post':{'consumes':['application/json'],"
                      + "'produces':['application/json'],'parameters':[{'name':'body','in':'body',"
                      + "'required':true,'schema':{'$ref':'#/definitions/com.example.Thing'}}],"
                      + "'responses':{'200':{'description':'OK',"
                      + "'schema':{'$ref':'#/definitions/com.example.Thing'}}}}}},"
                      + "'definitions':{'com.example.Thing':{'type':'object','properties':{"
                      + "'x':{'$ref':'#/definitions/com.example.X'}}},"
                      + "'com.example.X':{'type':'string'},'com.example.Else':{'type':'string'}}}");
          case ROOT + "/things" -> list();
          default -> path.startsWith(ROOT + "/namespaces/") ? echo(request, length) : null;
        };
    if (document == null) {
      request.response().setStatusCode(404).end();
      return;
    }
    request.response().putHeader("content-type", "application/json");
    request.response().end(Buffer.buffer(Json.bytes(document)));
  }

  private static JsonNode resources() {
    return parse(
        "{'kind':'APIResourceList','apiVersion':'v1','groupVersion':'ext.example.com/v1',"
            + "'resources':[{'name':'things','singularName':'thing','namespaced':true,"
            + "'kind':'Thing','verbs':['get','list','watch','create'],'shortNames':['th']},"
            + "{'name':'things/status','singularName':'','namespaced':true,'kind':'Thing',"
            + "'verbs':['get']},{'name':'others/run','singularName':'','namespaced':true,"
            + "'kind':'Run','verbs':['create']}]}");
  }

  private static JsonNode list() {
    ObjectNode list = Json.object().put("kind", "ThingList").put("apiVersion", GROUP_VERSION);
    list.putObject("metadata").put("resourceVersion", "7");
    list.putArray("items").add(thing("one")).add(thing("two"));
    return list;
  }

  private static ObjectNode thing(String name) {
    ObjectNode thing = Json.object().put("kind", "Thing").put("apiVersion", GROUP_VERSION);
    thing.putObject("metadata").put("name", name).put("namespace", "default");
    return thing;
  }

  /** What the request's head said. */
  private static JsonNode echo(HttpServerRequest request, int length) {
    String path = request.path();
    ObjectNode thing = thing(path.substring(path.lastIndexOf('/') + 1));
    ObjectNode told = thing.withObject("/metadata").putObject("annotations");
    request
        .headers()
        .names()
        .forEach(
            name ->
                told.put(
                    name.toLowerCase(Locale.ROOT),
                    String.join("|", request.headers().getAll(name))));
    told.put("method", request.method().name()).put("uri", request.uri());
    told.put("body", Integer.toString(length));
    return thing;
  }

  private static JsonNode parse(String json) {
    return Json.parse(json.replace('\'', '"').getBytes(UTF_8));
  }

  @Override
  public void close() {
    vertx.close();
  }
}
