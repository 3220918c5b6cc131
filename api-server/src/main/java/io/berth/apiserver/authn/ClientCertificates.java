package io.berth.apiserver.authn;

import io.berth.apiserver.pki.CertificateNames;
import io.berth.apiserver.server.Identity;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a user out of a client certificate: the common name is the user, the organizations are the
 * groups. That the client holds the key, TLS has proved. Safe for use by many threads.
 */
public final class ClientCertificates {
  private static final String CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2";

  private final X509Certificate authority;

  /**
   * @param authority the cluster's: it signs all clients' certificates itself
   */
  public ClientCertificates(X509Certificate authority) {
    this.authority = authority;
  }

  /** Who the certificate names, or null where it is not good for a client of this cluster. */
  public @Nullable Identity authenticate(X509Certificate certificate, Instant now) {
    try {
      certificate.checkValidity(Date.from(now));
      certificate.verify(authority.getPublicKey());
      List<String> usage = certificate.getExtendedKeyUsage();
      if (usage == null
          || !usage.contains(CLIENT_AUTHENTICATION)
          || certificate.getBasicConstraints() >= 0) {
        return null;
      }
    } catch (GeneralSecurityException e) {
      return null;
    }
    String user = CertificateNames.commonName(certificate);
    return user.isEmpty()
        ? null
        : Identity.of(user, CertificateNames.organizations(certificate).toArray(String[]::new));
  }
}
