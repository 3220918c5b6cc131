package io.berth.apiserver.http;

import io.berth.apiserver.pki.KeyedCertificate;
import java.security.cert.X509Certificate;
import java.time.Duration;

/**
 * How the API server is reached, and when it gives up on clients.
 *
 * @param host address to bind
 * @param port TCP port, 0 for any free one
 * @param certificate what the server shows
 * @param authority whose clients' certificates are asked for
 * @param maxConnections further ones are closed at once
 * @param requestTimeout a request must have come whole within this time, a new connection's first
 *     one begun
 * @param idleTimeout a connection without a request is kept so long
 * @param stallTimeout a client that takes none of a stream that waits for it is cut after this time
 * @param drainTimeout so long requests may go on when the server closes
 * @param maxPendingBytes a client that lets more of a stream wait is cut
 */
public record HttpsConfig(
    String host,
    int port,
    KeyedCertificate certificate,
    X509Certificate authority,
    int maxConnections,
    Duration requestTimeout,
    Duration idleTimeout,
    Duration stallTimeout,
    Duration drainTimeout,
    int maxPendingBytes) {
  public static HttpsConfig of(
      String host, int port, KeyedCertificate certificate, X509Certificate authority) {
    return new HttpsConfig(
        host,
        port,
        certificate,
        authority,
        20_000,
        Duration.ofSeconds(30),
        Duration.ofMinutes(3),
        Duration.ofSeconds(60),
        Duration.ofSeconds(5),
        16 << 20);
  }

  HttpsConfig withTimeouts(Duration request, Duration idle, Duration stall) {
    return new HttpsConfig(
        host,
        port,
        certificate,
        authority,
        maxConnections,
        request,
        idle,
        stall,
        drainTimeout,
        maxPendingBytes);
  }
}
