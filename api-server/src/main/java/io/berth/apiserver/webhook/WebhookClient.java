package io.berth.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.time.Clock;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Posts reviews to webhooks, by URL or to a service. Safe for use by many threads. */
public final class WebhookClient {
  private static final int MAX_CONTEXTS = 200;

  private final ServiceAddresses services;
  private final Clock clock;
  private final Map<String, SSLContext> contexts = new ConcurrentHashMap<>();

  public WebhookClient(ServiceAddresses services, Clock clock) {
    this.services = services;
    this.clock = clock;
  }

  /**
   * The answer to a review.
   *
   * @param config a {@code clientConfig}
   * @throws IOException there is none, or it is no JSON object
   */
  public ObjectNode post(JsonNode config, ObjectNode review, Duration limit) throws IOException {
    String url;
    HttpsCall.Target target;
    String path;
    JsonNode service = config.path("service");
    if (service.isObject()) {
      int port = service.path("port").asInt(443);
      String host =
          service.path("name").asText() + "." + service.path("namespace").asText() + ".svc";
      path = service.path("path").asText("/");
      path = path.startsWith("/") ? path : "/" + path;
      url = "https://" + host + ":" + port + path;
      try {
        InetSocketAddress address =
            services.find(service.path("namespace").asText(), service.path("name").asText(), port);
        target = new HttpsCall.Target(address, host, host + ":" + port);
      } catch (IOException e) {
        throw named(url, limit, e);
      }
    } else {
      url = config.path("url").asText();
      URI uri = URI.create(url);
      int port = uri.getPort() < 0 ? 443 : uri.getPort();
      String raw = uri.getRawPath();
      path = (raw == null || raw.isEmpty() ? "/" : raw);
      path = uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
      target =
          new HttpsCall.Target(
              InetSocketAddress.createUnresolved(uri.getHost(), port),
              uri.getHost(),
              uri.getPort() < 0 ? uri.getHost() : uri.getHost() + ":" + port);
    }
    try {
      HttpsCall.Answer answer =
          new HttpsCall(tls(config.path("caBundle").asText("")), true, clock)
              .send(
                  target,
                  "POST",
                  path,
                  Map.of("Content-Type", "application/json", "Accept", "application/json"),
                  Json.bytes(review),
                  limit);
      return read(answer);
    } catch (IOException e) {
      throw named(url, limit, e);
    }
  }

  private static ObjectNode read(HttpsCall.Answer answer) throws IOException {
    if (answer.status() < 200 || answer.status() > 299) {
      String text = new String(answer.body(), StandardCharsets.UTF_8).strip();
      throw new WebhookRefusalException(
          "the server responded with the status code "
              + answer.status()
              + (text.isEmpty() ? "" : " but did not return more information"));
    }
    try {
      if (Json.parse(answer.body()) instanceof ObjectNode review) {
        return review;
      }
      throw new IOException("the response is no object");
    } catch (IllegalArgumentException e) {
      throw new IOException("couldn't get version/kind; json parse error: " + e.getMessage(), e);
    }
  }

  /** As the clients of others word it. */
  private static IOException named(String url, Duration limit, IOException e) {
    if (e instanceof WebhookRefusalException) {
      return e;
    }
    String timeout = "timeout=" + limit.toSeconds() + "s";
    String full = url + (url.contains("?") ? "&" : "?") + timeout;
    return new IOException("Post \"" + full + "\": " + e.getMessage(), e);
  }

  private SSLContext tls(String bundle) throws IOException {
    SSLContext known = contexts.get(bundle);
    if (known != null) {
      return known;
    }
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, bundle.isEmpty() ? null : trust(bundle), null);
      if (contexts.size() >= MAX_CONTEXTS) {
        contexts.clear();
      }
      contexts.put(bundle, context);
      return context;
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException("unable to load root certificates: " + e.getMessage(), e);
    }
  }

  /** Trusts whom a bundle of certificates in base64 names. */
  public static TrustManager[] trust(String bundle) throws GeneralSecurityException, IOException {
    byte[] pem = Base64.getDecoder().decode(bundle.replaceAll("\\s", ""));
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    int number = 0;
    for (Certificate certificate :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(pem))) {
      store.setCertificateEntry("ca" + number++, certificate);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }
}
