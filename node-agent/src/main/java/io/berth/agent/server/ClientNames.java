package io.berth.agent.server;

import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Who a client is, by its certificate; that it was signed by the cluster's CA was checked by TLS.
 *
 * @param name the common name, empty where there is none
 * @param groups the organizations
 */
record ClientNames(String name, Set<String> groups) {
  static final ClientNames NOBODY = new ClientNames("", Set.of());

  static ClientNames of(@Nullable SSLSession session) {
    if (session == null) {
      return NOBODY;
    }
    try {
      Certificate[] chain = session.getPeerCertificates();
      if (chain.length == 0 || !(chain[0] instanceof X509Certificate certificate)) {
        return NOBODY;
      }
      String name = "";
      Set<String> groups = new HashSet<>();
      for (Rdn part : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
        String value = String.valueOf(part.getValue());
        if (part.getType().equalsIgnoreCase("CN")) {
          name = value;
        } else if (part.getType().equalsIgnoreCase("O")) {
          groups.add(value);
        }
      }
      return new ClientNames(name, groups);
    } catch (SSLPeerUnverifiedException | InvalidNameException e) {
      return NOBODY;
    }
  }
}
