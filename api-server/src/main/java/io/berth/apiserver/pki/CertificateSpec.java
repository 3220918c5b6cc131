package io.berth.apiserver.pki;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a certificate is to say.
 *
 * @param commonName the user or server name
 * @param organizations the user's groups
 * @param server whether it proves a server
 * @param client whether it proves a client
 * @param names DNS names and IP addresses that a server answers to
 * @param rsa whether its key is to be RSA's, for programs that read no other
 */
public record CertificateSpec(
    String commonName,
    List<String> organizations,
    boolean server,
    boolean client,
    SortedSet<String> names,
    boolean rsa) {
  public CertificateSpec {
    organizations = List.copyOf(organizations);
    names = new TreeSet<>(names);
  }

  /** A client's: its user name and groups. */
  public static CertificateSpec client(String user, String... groups) {
    return new CertificateSpec(user, List.of(groups), false, true, new TreeSet<>(), false);
  }

  /** The same with a key that every client library reads from a kubeconfig. */
  public CertificateSpec withRsa() {
    return new CertificateSpec(commonName, organizations, server, client, names, true);
  }

  /** A server's. */
  public static CertificateSpec server(String commonName, SortedSet<String> names) {
    return new CertificateSpec(commonName, List.of(), true, false, names, false);
  }
}
