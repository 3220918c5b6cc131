package io.berth.apiserver.pki;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;

/** Writes the file that clients find the cluster by. */
public final class Kubeconfig {
  private Kubeconfig() {}

  /**
   * Writes the file whole or not at all, with mode 0600; directories above it must exist.
   *
   * @param server {@code https://HOST:PORT}
   * @param authorityPem the cluster's certificate authority
   * @param user the context's user
   * @param client the user's certificate
   */
  public static void write(
      Path file, String server, String authorityPem, String user, KeyedCertificate client)
      throws IOException {
    PrivateFiles.write(file, text(server, authorityPem, user, client));
  }

  /** The file's text: YAML with all certificates in it. */
  public static String text(
      String server, String authorityPem, String user, KeyedCertificate client) {
    return """
    apiVersion: v1
    kind: Config
    clusters:
    - name: berth
      cluster:
        server: %s
        certificate-authority-data: %s
    users:
    - name: %s
      user:
        client-certificate-data: %s
        client-key-data: %s
    contexts:
    - name: berth
      context:
        cluster: berth
        user: %s
    current-context: berth
    preferences: {}
    """
        .formatted(
            server,
            base64(authorityPem),
            user,
            base64(client.certificatePem()),
            base64(client.keyPem()),
            user);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
