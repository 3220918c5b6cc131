package io.berth.apiserver.pki;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.apiserver.store.Store;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.time.Instant;
import java.util.Optional;

/**
 * What all API servers of a cluster share: the certificate authority and the key that signs service
 * account tokens. One value in the store, so that whoever starts first makes both and everybody
 * else takes them. Does not print the keys.
 */
record ClusterSecrets(CertificateAuthority authority, PrivateKey tokenKey, PublicKey tokenPublic) {
  /** Outside of the objects' prefix: no watch and no list ever shows it. */
  static final String KEY = "/berth/pki/cluster";

  static ClusterSecrets create(Instant now) {
    KeyPair tokens = Keys.generate();
    return new ClusterSecrets(
        CertificateAuthority.create(now), tokens.getPrivate(), tokens.getPublic());
  }

  /** The cluster's, made now where there are none yet. */
  static ClusterSecrets shared(Store store, Instant now) {
    Optional<Store.Entry> known = store.get(KEY);
    if (known.isPresent()) {
      return parse(known.get().value());
    }
    ClusterSecrets created = create(now);
    return switch (store.create(KEY, created.bytes(), 0)) {
      case Store.WriteResult.Written written -> created;
      case Store.WriteResult.Mismatch(Store.Entry other) when other != null -> parse(other.value());
      case Store.WriteResult.Mismatch lost ->
          throw new IllegalStateException("the store refused a new key and has none");
    };
  }

  static ClusterSecrets parse(byte[] json) {
    JsonNode tree = Json.parse(json);
    return new ClusterSecrets(
        new CertificateAuthority(
            new KeyedCertificate(
                Pem.certificate(tree.path("caCertificate").asText()),
                Pem.privateKey(tree.path("caKey").asText()))),
        Pem.privateKey(tree.path("serviceAccountKey").asText()),
        Pem.publicKey(tree.path("serviceAccountPublicKey").asText()));
  }

  byte[] bytes() {
    return Json.bytes(
        Json.object()
            .put("caCertificate", authority.keyed().certificatePem())
            .put("caKey", authority.keyed().keyPem())
            .put("serviceAccountKey", Pem.of(tokenKey))
            .put("serviceAccountPublicKey", Pem.of(tokenPublic)));
  }

  @Override
  public String toString() {
    return "the secrets of the cluster of " + authority.keyed();
  }
}
