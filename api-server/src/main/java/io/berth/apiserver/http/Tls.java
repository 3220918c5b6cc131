package io.berth.apiserver.http;

import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.apiserver.pki.Pem;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.TrustOptions;
import java.security.cert.X509Certificate;
import java.util.Base64;
import javax.net.ssl.X509TrustManager;

/** Keys and trust in Vert.x's forms. */
final class Tls {
  private Tls() {}

  static PemKeyCertOptions keys(KeyedCertificate certificate) {
    return new PemKeyCertOptions()
        .addCertValue(Buffer.buffer(certificate.certificatePem()))
        .addKeyValue(Buffer.buffer(certificate.keyPem()));
  }

  static PemTrustOptions trust(X509Certificate authority) {
    return new PemTrustOptions().addCertValue(Buffer.buffer(Pem.of(authority)));
  }

  /**
   * Trusts whom a bundle names.
   *
   * @param bundle PEM in base64, as webhooks and APIServices hold it
   */
  static PemTrustOptions trust(String bundle) {
    byte[] pem = Base64.getMimeDecoder().decode(bundle);
    return new PemTrustOptions().addCertValue(Buffer.buffer(pem));
  }

  /**
   * Lets every client certificate through the handshake and names the authority whose are wanted:
   * the authenticator judges them, so that a client with a foreign one reads {@code Unauthorized}
   * instead of a broken handshake.
   */
  static TrustOptions judgedLater(X509Certificate authority) {
    return TrustOptions.wrap(
        new X509TrustManager() {
          @Override
          public void checkClientTrusted(X509Certificate[] chain, String type) {}

          @Override
          public void checkServerTrusted(X509Certificate[] chain, String type) {
            throw new UnsupportedOperationException("for a server's use only");
          }

          @Override
          public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[] {authority};
          }
        });
  }
}
