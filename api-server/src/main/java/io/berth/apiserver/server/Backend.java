package io.berth.apiserver.server;

import io.berth.apiserver.pki.KeyedCertificate;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A server that a request is passed on to.
 *
 * @param host address, or the name that the other's certificate must bear
 * @param port TCP port
 * @param address where the host is reached; null for where its name leads
 * @param trust how it is spoken to
 * @param target path and query, percent-encoded
 * @param headers set on the request, by lower-case names, in place of what the client sent
 * @param withheld beginnings of lower-case names: such headers of the client are not passed on
 * @param mount the path on this server that stands for the root of the other: what the answer's
 *     {@code Location} and an HTML page's links name from the root on is put below it; null leaves
 *     answers as they are
 * @param limit that passing on may take, with all of the answer; null for as long as it lasts
 */
public record Backend(
    String host,
    int port,
    @Nullable InetSocketAddress address,
    Trust trust,
    String target,
    Map<String, List<String>> headers,
    List<String> withheld,
    @Nullable String mount,
    @Nullable Duration limit) {
  public Backend {
    headers = Map.copyOf(headers);
    withheld = List.copyOf(withheld);
  }

  /** How a backend is spoken to. */
  public sealed interface Trust {}

  /** Without TLS. */
  public record Plain() implements Trust {}

  /** With TLS, whoever answers. */
  public record Unverified() implements Trust {}

  /**
   * With TLS, by a server whose certificate names its host.
   *
   * @param own what this server shows
   * @param authority who must have signed the other's certificate
   */
  public record Verified(KeyedCertificate own, X509Certificate authority) implements Trust {}

  /**
   * With TLS, by a server whose certificate names its host.
   *
   * @param own what this server shows
   * @param bundle certificates of whom to trust, PEM in base64; empty for whom the system trusts
   * @param anyone whether whoever answers is trusted
   */
  public record Delegate(KeyedCertificate own, String bundle, boolean anyone) implements Trust {}

  /** {@code host:port}, an IPv6 address in brackets. */
  public String authority() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
