package io.berth.apiserver.store.etcd;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How to reach etcd.
 *
 * @param endpoints {@code http://host:port} or {@code https://host:port}, all of one scheme
 * @param tls certificates for {@code https}, or null to trust what the machine trusts
 * @param timeout how long one call may take
 */
public record EtcdOptions(List<String> endpoints, @Nullable Tls tls, Duration timeout) {
  /**
   * Certificates, each a PEM file.
   *
   * @param authority signs etcd's certificate
   * @param certificate the client's own, or null where etcd asks for none
   * @param key the key of the certificate, PKCS #8
   */
  public record Tls(Path authority, @Nullable Path certificate, @Nullable Path key) {}

  public EtcdOptions {
    endpoints = List.copyOf(endpoints);
    if (endpoints.isEmpty()) {
      throw new IllegalArgumentException("etcd needs at least one endpoint");
    }
    boolean secure = endpoints.getFirst().startsWith("https://");
    for (String endpoint : endpoints) {
      if (!endpoint.startsWith(secure ? "https://" : "http://")) {
        throw new IllegalArgumentException(
            "etcd endpoint " + endpoint + " is not like http://host:port or https://host:port");
      }
    }
  }

  /** Plain endpoints with the default time-out. */
  public static EtcdOptions of(List<String> endpoints) {
    return new EtcdOptions(endpoints, null, Duration.ofSeconds(10));
  }

  boolean secure() {
    return endpoints.getFirst().startsWith("https://");
  }

  /** The endpoints as the name resolver for a fixed list reads them. */
  String target() {
    return "ip:///"
        + String.join(",", endpoints.stream().map(e -> e.substring(e.indexOf("//") + 2)).toList());
  }
}
