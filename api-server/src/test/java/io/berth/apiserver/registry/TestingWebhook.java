package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.berth.api.codec.Json;
import io.berth.apiserver.pki.CertificateAuthority;
import io.berth.apiserver.pki.CertificateSpec;
import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.apiserver.pki.Pem;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A webhook that answers reviews over HTTPS, with a certificate for a service and for loopback. */
final class TestingWebhook implements AutoCloseable {
  private final CertificateAuthority authority = CertificateAuthority.create(Instant.now());
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger asked = new AtomicInteger();
  private final HttpsServer server;

  /**
   * @param answer the {@code response} to a review's {@code request}, with the path in its {@code
   *     hook}; its uid is set
   */
  TestingWebhook(UnaryOperator<ObjectNode> answer) throws Exception {
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    KeyedCertificate identity =
        authority.issue(
            CertificateSpec.server(
                "hook", new TreeSet<>(List.of("localhost", "127.0.0.1", "hook.default.svc"))),
            Instant.now());
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    keys.setKeyEntry("me", identity.key(), new char[0], new Certificate[] {identity.certificate()});
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, new char[0]);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(factory.getKeyManagers(), null, null);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.createContext(
        "/",
        exchange -> {
          ObjectNode review = (ObjectNode) Json.parse(exchange.getRequestBody().readAllBytes());
          ObjectNode request = (ObjectNode) review.get("request");
          request.put("hook", exchange.getRequestURI().getPath());
          asked.incrementAndGet();
          ObjectNode response = answer.apply(request);
          response.set("uid", request.get("uid"));
          review.remove("request");
          review.set("response", response);
          byte[] body = Json.bytes(review);
          exchange.getResponseHeaders().add("content-type", "application/json");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.setExecutor(threads);
    server.start();
  }

  /** How often it was asked. */
  int asked() {
    return asked.get();
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** A {@code clientConfig} with the URL, in single quotes. */
  String byUrl() {
    return "{'url':'https://127.0.0.1:" + port() + "/x','caBundle':'" + bundle() + "'}";
  }

  String byService() {
    return "{'service':{'namespace':'default','name':'hook','path':'/x','port':"
        + port()
        + "},'caBundle':'"
        + bundle()
        + "'}";
  }

  private String bundle() {
    return Base64.getEncoder()
        .encodeToString(Pem.of(authority.certificate()).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
