package io.berth.apiserver.http;

import io.berth.api.time.Environment;
import io.berth.apiserver.server.Identity;
import io.vertx.core.http.HttpConnection;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open connections: who is behind each, and which have to go because they do nothing, send
 * their request drop by drop or do not take what they asked for.
 */
final class Connections {
  private static final Logger log = LoggerFactory.getLogger(Connections.class);
  private static final long IDENTITY_NANOS = Duration.ofSeconds(60).toNanos();

  private final Environment environment;
  private final HttpsConfig config;
  private final Map<HttpConnection, Connection> open = new ConcurrentHashMap<>();
  private final Set<HttpFrames> streams = ConcurrentHashMap.newKeySet();

  Connections(Environment environment, HttpsConfig config) {
    this.environment = environment;
    this.config = config;
  }

  Set<HttpFrames> streams() {
    return streams;
  }

  /** On the connection's event loop, after its handshake. */
  void opened(HttpConnection http) {
    if (open.size() >= config.maxConnections()) {
      log.warn("connection refused client={} reason=too-many", http.remoteAddress());
      http.close();
      return;
    }
    open.put(http, new Connection(http));
    http.closeHandler(v -> open.remove(http));
  }

  Connection of(HttpConnection http) {
    return open.computeIfAbsent(http, Connection::new);
  }

  /** How many requests are open, sessions left out. */
  int busy() {
    return open.values().stream()
        .filter(connection -> !connection.session)
        .mapToInt(connection -> connection.active)
        .sum();
  }

  /** Closes what is due. */
  void sweep() {
    long now = environment.clock().nanos();
    for (Connection connection : open.values()) {
      String overdue = connection.overdue(now);
      if (overdue != null) {
        log.debug("connection closed client={} reason={}", connection.client(), overdue);
        connection.http.close();
      }
    }
    long stall = now - config.stallTimeout().toNanos();
    for (HttpFrames stream : streams) {
      if (stream.stalledSince(stall)) {
        stream.cut();
      }
    }
  }

  /** One connection. Its counters are changed on its event loop only. */
  final class Connection {
    private final HttpConnection http;
    private final @Nullable X509Certificate certificate;
    private volatile long since = environment.clock().nanos();
    private volatile boolean used;
    private volatile boolean session;
    private volatile int active;
    private volatile int incomplete;
    private volatile @Nullable Known known;

    private Connection(HttpConnection http) {
      this.http = http;
      this.certificate = shown(http.sslSession());
    }

    /** The client's certificate, unverified, or null. */
    @Nullable X509Certificate certificate() {
      return certificate;
    }

    /** Who was found behind the certificate a short while ago, or null. */
    @Nullable Identity known() {
      Known last = known;
      return last != null && environment.clock().nanos() - last.atNanos() < IDENTITY_NANOS
          ? last.identity()
          : null;
    }

    void known(Identity identity) {
      known = new Known(identity, environment.clock().nanos());
    }

    /** A WebSocket was asked for: the connection is its alone. */
    void session() {
      session = true;
    }

    Object client() {
      return http.remoteAddress();
    }

    /** A request's head has come; what is returned is to be run when it is done with. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // changed on one event loop, read by the sweep
    Runnable begun() {
      if (incomplete == 0) {
        since = environment.clock().nanos();
      }
      used = true;
      active++;
      incomplete++;
      boolean[] answered = {false};
      return () -> {
        if (!answered[0]) {
          answered[0] = true;
          answered();
        }
      };
    }

    @SuppressWarnings("NonAtomicVolatileUpdate")
    void complete() {
      incomplete--;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void answered() {
      active--;
      if (incomplete == 0) {
        since = environment.clock().nanos();
      }
    }

    private @Nullable String overdue(long now) {
      long quiet = now - since;
      if (incomplete > 0) {
        return quiet > config.requestTimeout().toNanos() ? "request-not-complete" : null;
      }
      if (active > 0) {
        return null;
      }
      Duration limit = used ? config.idleTimeout() : config.requestTimeout();
      return quiet > limit.toNanos() ? "idle" : null;
    }
  }

  private record Known(Identity identity, long atNanos) {}

  private static @Nullable X509Certificate shown(@Nullable SSLSession session) {
    try {
      Certificate[] chain = session == null ? new Certificate[0] : session.getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate leaf ? leaf : null;
    } catch (SSLPeerUnverifiedException e) {
      return null; // it showed none
    }
  }
}
