package io.berth.apiserver.pki;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/** Certificates and keys as text. All keys are on the curve P-256, in PKCS #8. */
public final class Pem {
  private static final String CERTIFICATE = "CERTIFICATE";
  private static final String PRIVATE_KEY = "PRIVATE KEY";
  private static final String REQUEST = "CERTIFICATE REQUEST";
  private static final String PUBLIC_KEY = "PUBLIC KEY";
  private static final Base64.Encoder ENCODER =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  private Pem() {}

  public static String of(X509Certificate certificate) {
    try {
      return text(CERTIFICATE, certificate.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a certificate that cannot be written", e);
    }
  }

  /** A request for a certificate (PKCS #10). */
  static String request(byte[] der) {
    return text(REQUEST, der);
  }

  public static String of(PrivateKey key) {
    return text(PRIVATE_KEY, key.getEncoded());
  }

  /**
   * @throws IllegalArgumentException the text holds no certificate
   */
  public static X509Certificate certificate(String pem) {
    return certificate(der(CERTIFICATE, pem));
  }

  static X509Certificate certificate(byte[] der) {
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not a certificate: " + e.getMessage(), e);
    }
  }

  /**
   * @throws IllegalArgumentException the text holds no such key
   */
  public static PrivateKey privateKey(String pem) {
    PKCS8EncodedKeySpec encoded = new PKCS8EncodedKeySpec(der(PRIVATE_KEY, pem));
    try {
      return KeyFactory.getInstance("EC").generatePrivate(encoded);
    } catch (GeneralSecurityException notOnACurve) {
      try {
        return KeyFactory.getInstance("RSA").generatePrivate(encoded);
      } catch (GeneralSecurityException e) {
        throw new IllegalArgumentException("neither an EC nor an RSA private key", e);
      }
    }
  }

  public static String of(PublicKey key) {
    return text(PUBLIC_KEY, key.getEncoded());
  }

  /**
   * @throws IllegalArgumentException the text holds no such key
   */
  public static PublicKey publicKey(String pem) {
    try {
      return KeyFactory.getInstance("EC")
          .generatePublic(new X509EncodedKeySpec(der(PUBLIC_KEY, pem)));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not an EC public key", e);
    }
  }

  private static String text(String type, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(type, ENCODER.encodeToString(der), type);
  }

  private static byte[] der(String type, String pem) {
    String begin = "-----BEGIN " + type + "-----";
    int from = pem.indexOf(begin);
    int to = pem.indexOf("-----END " + type + "-----");
    if (from < 0 || to < from) {
      throw new IllegalArgumentException("no " + type + " in PEM form");
    }
    return Base64.getMimeDecoder().decode(pem.substring(from + begin.length(), to));
  }
}
