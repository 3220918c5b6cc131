package io.berth.apiserver.pki;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.time.Clock;
import io.berth.apiserver.store.Store;
import java.util.Optional;

/**
 * Who the API servers are to further API servers that requests are passed on to: an authority for
 * nothing else, shared through the store, and a certificate of this server's. It is not the
 * cluster's authority, since whoever has a certificate of this one is believed in what it says of
 * its requests' senders. Does not print the keys.
 *
 * @param authorityPem whose certificates are believed; it signs nothing else
 * @param client what this server shows
 */
public record FrontProxy(String authorityPem, KeyedCertificate client) {
  /** The one name that further API servers are to accept. */
  public static final String NAME = "front-proxy-client";

  private static final String KEY = "/berth/pki/front-proxy";

  /**
   * Takes the cluster's authority, or makes it where there is none yet.
   *
   * @throws io.berth.apiserver.store.StoreException the store does not answer
   */
  public static FrontProxy open(Store store, Clock clock) {
    CertificateAuthority authority = shared(store, clock);
    return new FrontProxy(
        authority.keyed().certificatePem(),
        authority.issue(CertificateSpec.client(NAME), clock.now()));
  }

  private static CertificateAuthority shared(Store store, Clock clock) {
    Optional<Store.Entry> known = store.get(KEY);
    if (known.isPresent()) {
      return parse(known.get().value());
    }
    CertificateAuthority created = CertificateAuthority.create("front-proxy-ca", clock.now());
    byte[] json =
        Json.bytes(
            Json.object()
                .put("certificate", created.keyed().certificatePem())
                .put("key", created.keyed().keyPem()));
    return switch (store.create(KEY, json, 0)) {
      case Store.WriteResult.Written written -> created;
      case Store.WriteResult.Mismatch(Store.Entry other) when other != null -> parse(other.value());
      case Store.WriteResult.Mismatch lost ->
          throw new IllegalStateException("the store refused a new key and has none");
    };
  }

  private static CertificateAuthority parse(byte[] json) {
    JsonNode tree = Json.parse(json);
    return new CertificateAuthority(
        new KeyedCertificate(
            Pem.certificate(tree.path("certificate").asText()),
            Pem.privateKey(tree.path("key").asText())));
  }

  @Override
  public String toString() {
    return "the front proxy " + NAME;
  }
}
