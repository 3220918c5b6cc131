package io.berth.cli.up;

import io.berth.apiserver.pki.Pki;
import io.berth.controllers.certificates.CertificateSigner;
import java.time.Duration;
import java.util.List;

/** Lends the cluster's authority to the controllers, and keeps its key to itself. */
final class ClusterSigner implements CertificateSigner {
  private final Pki pki;

  ClusterSigner(Pki pki) {
    this.pki = pki;
  }

  @Override
  public String sign(
      String signer, byte[] requestPem, List<String> usages, String user, Duration lifetime) {
    return pki.sign(signer, requestPem, usages, user, lifetime);
  }

  @Override
  public String nodeClient(byte[] requestPem, List<String> usages) {
    return pki.nodeClient(requestPem, usages);
  }

  @Override
  public List<String> nodeServerNames(byte[] requestPem, List<String> usages, String user) {
    return pki.nodeServerNames(requestPem, usages, user);
  }
}
