package io.berth.system;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.berth.api.codec.Json;
import io.berth.api.time.Environment;
import io.berth.apiserver.pki.CertificateAuthority;
import io.berth.apiserver.pki.CertificateSpec;
import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.apiserver.pki.Pem;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.random.RandomGenerator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A further API server by nothing but the JDK's HTTPS server: {@code things} of {@code
 * ext.example.com/v1} in memory, with OpenAPI 2 only.
 */
final class ThingServer implements AutoCloseable {
  private static final String ROOT = "/apis/ext.example.com/v1";

  private final Environment environment;
  private final CertificateAuthority authority;
  private final HttpsServer server;
  private final SortedMap<String, ObjectNode> things = new TreeMap<>();
  private final List<ObjectNode> events = new ArrayList<>();

  ThingServer(Environment environment) throws IOException, GeneralSecurityException {
    this.environment = environment;
    this.authority = CertificateAuthority.create(environment.clock().now());
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls()));
    server.setExecutor(environment.executor());
    server.createContext("/", this::serve);
    server.start();
  }

  private SSLContext tls() throws IOException, GeneralSecurityException {
    KeyedCertificate own =
        authority.issue(
            CertificateSpec.server("ext", new TreeSet<>(List.of("ext.default.svc"))),
            environment.clock().now());
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("own", own.key(), new char[0], new Certificate[] {own.certificate()});
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Whom to trust, as {@code caBundle} has it. */
  String bundle() {
    return Base64.getEncoder().encodeToString(Pem.of(authority.certificate()).getBytes(UTF_8));
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String query = String.valueOf(exchange.getRequestURI().getQuery());
      if (exchange.getRequestHeaders().getFirst("X-Remote-User") == null) {
        answer(exchange, 401, status(401, "Unauthorized", "nobody asks"));
      } else if (path.equals(ROOT)) {
        answer(exchange, 200, tree(RESOURCES));
      } else if (path.equals("/openapi/v2")) {
        answer(exchange, 200, tree(SWAGGER));
      } else if (path.endsWith("/things") && query.matches("(.*&)?watch=(true|1)(&.*)?")) {
        watch(exchange);
      } else if (path.startsWith(ROOT) && path.contains("/things")) {
        things(exchange, path);
      } else {
        answer(exchange, 404, status(404, "NotFound", "the server could not find the path"));
      }
    }
  }

  private void things(HttpExchange exchange, String path) throws IOException {
    boolean all = path.endsWith("/things");
    String name = all ? "" : path.substring(path.lastIndexOf('/') + 1);
    JsonNode body = Json.object();
    byte[] sent = exchange.getRequestBody().readAllBytes();
    if (sent.length > 0) {
      body = Json.parse(sent);
    }
    JsonNode result;
    synchronized (this) {
      result =
          switch (exchange.getRequestMethod()) {
            case "GET" -> all ? list() : things.get(name);
            case "POST" -> put(body.path("metadata").path("name").asText(), (ObjectNode) body);
            case "PUT" -> put(name, (ObjectNode) body);
            case "DELETE" -> remove(name);
            default -> null;
          };
    }
    if (result == null) {
      String message = "things.ext.example.com \"" + name + "\" not found";
      answer(exchange, 404, status(404, "NotFound", message));
    } else {
      answer(exchange, exchange.getRequestMethod().equals("POST") ? 201 : 200, result);
    }
  }

  private ObjectNode list() {
    ObjectNode list = Json.object().put("kind", "ThingList");
    list.put("apiVersion", "ext.example.com/v1");
    list.putObject("metadata").put("resourceVersion", Integer.toString(events.size() + 1));
    ArrayNode items = list.putArray("items");
    things.values().forEach(items::add);
    return list;
  }

  private ObjectNode put(String name, ObjectNode thing) {
    String kind = things.containsKey(name) ? "MODIFIED" : "ADDED";
    ObjectNode metadata = thing.withObject("/metadata");
    if (!metadata.has("uid")) {
      metadata.put("uid", uid()).put("namespace", "default");
      metadata.put("creationTimestamp", "2026-01-01T00:00:00Z");
    }
    metadata.put("resourceVersion", Integer.toString(events.size() + 2));
    things.put(name, thing);
    event(kind, thing);
    return thing;
  }

  private String uid() {
    RandomGenerator random = environment.random();
    return new UUID(random.nextLong(), random.nextLong()).toString();
  }

  private @Nullable ObjectNode remove(String name) {
    ObjectNode gone = things.remove(name);
    if (gone != null) {
      event("DELETED", gone);
    }
    return gone;
  }

  private void event(String type, ObjectNode thing) {
    ObjectNode event = Json.object().put("type", type);
    event.set("object", thing.deepCopy());
    events.add(event);
    notifyAll();
  }

  private void watch(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      for (int at = 0; ; at++) {
        byte[] line;
        synchronized (this) {
          while (at >= events.size()) {
            wait();
          }
          line = Json.bytes(events.get(at));
        }
        out.write(line);
        out.write('\n');
        out.flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the server ends
    }
  }

  private static void answer(HttpExchange exchange, int code, JsonNode body) throws IOException {
    byte[] bytes = Json.bytes(body);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static ObjectNode status(int code, String reason, String message) {
    return Json.object()
        .put("kind", "Status")
        .put("apiVersion", "v1")
        .put("status", "Failure")
        .put("message", message)
        .put("reason", reason)
        .put("code", code);
  }

  private static JsonNode tree(String json) {
    return Json.parse(json.replace('\'', '"').getBytes(UTF_8));
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private static final String RESOURCES =
      """
      {'kind':'APIResourceList','apiVersion':'v1','groupVersion':'ext.example.com/v1','resources':[
       {'name':'things','singularName':'thing','namespaced':true,'kind':'Thing','shortNames':['th'],
        'verbs':['create','delete','get','list','update','watch']}]}
      """;

  private static final String SWAGGER =
      """
      {'swagger':'2.0','info':{'title':'things','version':'1'},
       'paths':{'/apis/ext.example.com/v1/namespaces/{namespace}/things/{name}':{'get':{
        'x-kubernetes-action':'get','x-kubernetes-group-version-kind':
         {'group':'ext.example.com','version':'v1','kind':'Thing'},
        'responses':{'200':{'description':'OK','schema':{'$ref':'#/definitions/ext.Thing'}}}}}},
       'definitions':{'ext.Thing':{'type':'object','description':'One of many.','properties':{
         'apiVersion':{'type':'string'},'kind':{'type':'string'},'metadata':{'type':'object'},
         'colour':{'type':'string','description':'As it looks.'}},
        'x-kubernetes-group-version-kind':[
         {'group':'ext.example.com','version':'v1','kind':'Thing'}]}}}
      """;
}
