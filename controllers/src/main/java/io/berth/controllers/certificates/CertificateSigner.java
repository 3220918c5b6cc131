package io.berth.controllers.certificates;

import java.time.Duration;
import java.util.List;

/** The cluster's authority, whose key no controller sees. Safe for use by many threads. */
public interface CertificateSigner {
  /**
   * Signs a request.
   *
   * @param signer such as {@code kubernetes.io/kube-apiserver-client}
   * @param requestPem PKCS #10 in PEM
   * @param usages by the names of the API
   * @param user who asks
   * @param lifetime how long the certificate is to hold
   * @return PEM
   * @throws IllegalArgumentException the signer does not sign this; the message tells why
   */
  String sign(
      String signer, byte[] requestPem, List<String> usages, String user, Duration lifetime);

  /**
   * For which node a request asks for a client certificate.
   *
   * @return the user {@code system:node:NAME}, empty where it is no such request
   */
  String nodeClient(byte[] requestPem, List<String> usages);

  /**
   * The names and addresses that a node asks a server's certificate for.
   *
   * @param user who asks
   * @return empty where it is no such request, or not for the node that asks
   */
  List<String> nodeServerNames(byte[] requestPem, List<String> usages, String user);
}
