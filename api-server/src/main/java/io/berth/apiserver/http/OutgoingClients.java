package io.berth.apiserver.http;

import io.berth.apiserver.server.Backend;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Clients to the servers that requests are passed on to, one for each kind of trust. */
final class OutgoingClients {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(30);
  private static final Duration LINGER = Duration.ofMinutes(10);
  private static final int MAX_CONNECTIONS_PER_BACKEND = 1_000;
  private static final int MAX_CLIENTS = 200;

  private final Vertx vertx;
  private final Map<Backend.Trust, HttpClient> clients = new ConcurrentHashMap<>();

  OutgoingClients(Vertx vertx) {
    this.vertx = vertx;
  }

  HttpClient client(Backend.Trust trust) {
    HttpClient known = clients.get(trust);
    if (known != null) {
      return known;
    }
    synchronized (this) {
      if (clients.size() >= MAX_CLIENTS) {
        // Bundles were changed many times: what is under way still ends, all else begins anew.
        clients.values().forEach(client -> client.shutdown(LINGER));
        clients.clear();
      }
      return clients.computeIfAbsent(trust, this::make);
    }
  }

  private HttpClient make(Backend.Trust trust) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout((int) CONNECT_LIMIT.toMillis())
            .setProtocolVersion(HttpVersion.HTTP_1_1)
            .setMaxInitialLineLength(16 << 10)
            .setMaxHeaderSize(64 << 10);
    switch (trust) {
      case Backend.Plain plain -> {}
      case Backend.Unverified unverified ->
          options.setSsl(true).setTrustAll(true).setVerifyHost(false);
      case Backend.Verified verified ->
          options
              .setSsl(true)
              .setVerifyHost(true)
              .setKeyCertOptions(Tls.keys(verified.own()))
              .setTrustOptions(Tls.trust(verified.authority()));
      case Backend.Delegate delegate -> {
        options.setSsl(true).setForceSni(true).setKeyCertOptions(Tls.keys(delegate.own()));
        if (delegate.anyone()) {
          options.setTrustAll(true).setVerifyHost(false);
        } else if (!delegate.bundle().isEmpty()) {
          options.setVerifyHost(true).setTrustOptions(Tls.trust(delegate.bundle()));
        }
      }
    }
    return vertx.createHttpClient(
        options, new PoolOptions().setHttp1MaxSize(MAX_CONNECTIONS_PER_BACKEND));
  }
}
