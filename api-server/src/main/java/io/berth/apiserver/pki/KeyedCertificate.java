package io.berth.apiserver.pki;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/**
 * A certificate with its private key. Does not print the key.
 *
 * @param certificate signed by the cluster's authority, or by itself where it is that
 * @param key its private key
 */
public record KeyedCertificate(X509Certificate certificate, PrivateKey key) {
  public String certificatePem() {
    return Pem.of(certificate);
  }

  public String keyPem() {
    return Pem.of(key);
  }

  @Override
  public String toString() {
    return certificate.getSubjectX500Principal().getName();
  }
}
