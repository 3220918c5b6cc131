package io.berth.apiserver.pki;

import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** Reads a certificate's names with the JDK alone. */
public final class CertificateNames {
  private CertificateNames() {}

  /** Empty where it has none. */
  public static String commonName(X509Certificate certificate) {
    List<String> names = attributes(certificate, "CN");
    return names.isEmpty() ? "" : names.getFirst();
  }

  /** In the order of the certificate. */
  public static List<String> organizations(X509Certificate certificate) {
    return attributes(certificate, "O");
  }

  /** DNS names and addresses that a server's certificate is good for. */
  static Set<String> alternatives(X509Certificate certificate) throws GeneralSecurityException {
    Set<String> names = new HashSet<>();
    Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
    if (alternatives != null) {
      for (List<?> alternative : alternatives) {
        names.add(String.valueOf(alternative.get(1)));
      }
    }
    return names;
  }

  private static List<String> attributes(X509Certificate certificate, String type) {
    try {
      // RFC 2253 has the last attribute first; LdapName counts from its end.
      List<String> values = new ArrayList<>();
      for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
        if (rdn.getType().equalsIgnoreCase(type)) {
          values.add(String.valueOf(rdn.getValue()));
        }
      }
      return values;
    } catch (InvalidNameException e) {
      return List.of();
    }
  }
}
