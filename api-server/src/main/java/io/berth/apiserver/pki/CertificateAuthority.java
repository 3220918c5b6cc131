package io.berth.apiserver.pki;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Issues the cluster's certificates. Keys and signatures are the JDK's; only the encoding is
 * BouncyCastle's, and its provider is never loaded (that alone takes a quarter of a second).
 */
public final class CertificateAuthority {
  private static final Duration AUTHORITY_LIFETIME = Duration.ofDays(20 * 365);
  private static final Duration LIFETIME = Duration.ofDays(5 * 365);

  /** Clocks of a cluster's machines differ a little. */
  private static final Duration BACKDATED = Duration.ofHours(1);

  private static final String ALGORITHM = "SHA256withECDSA";
  private static final SecureRandom SERIALS = new SecureRandom();

  private final KeyedCertificate authority;

  public CertificateAuthority(KeyedCertificate authority) {
    this.authority = authority;
  }

  /** A new authority of a cluster, signed by itself. */
  public static CertificateAuthority create(Instant now) {
    return create("berth-ca", now);
  }

  /** A new authority of that common name, signed by itself. */
  static CertificateAuthority create(String commonName, Instant now) {
    KeyPair keys = Keys.generate();
    X500Name name = new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
    try {
      X509v3CertificateBuilder builder =
          builder(name, name, keys.getPublic(), now, AUTHORITY_LIFETIME);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      return new CertificateAuthority(
          new KeyedCertificate(sign(builder, keys.getPrivate()), keys.getPrivate()));
    } catch (IOException e) {
      throw new IllegalStateException("cannot encode a certificate", e);
    }
  }

  public X509Certificate certificate() {
    return authority.certificate();
  }

  KeyedCertificate keyed() {
    return authority;
  }

  /** Issues a certificate for a new key. */
  public KeyedCertificate issue(CertificateSpec spec, Instant now) {
    KeyPair keys = spec.rsa() ? Keys.generateRsa() : Keys.generate();
    try {
      X509v3CertificateBuilder builder =
          builder(issuer(), subject(spec), keys.getPublic(), now, LIFETIME);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(Extension.extendedKeyUsage, false, usage(spec));
      if (!spec.names().isEmpty()) {
        builder.addExtension(Extension.subjectAlternativeName, false, names(spec));
      }
      return new KeyedCertificate(sign(builder, authority.key()), keys.getPrivate());
    } catch (IOException e) {
      throw new IllegalStateException("cannot encode a certificate", e);
    }
  }

  /**
   * Signs what somebody asks for: subject and alternative names as they stand in the request, no
   * authority, no longer than this authority itself lives.
   *
   * @param usages by the names of the API
   */
  X509Certificate sign(
      CertificateRequest request, List<String> usages, Duration lifetime, Instant now) {
    Instant ends = authority.certificate().getNotAfter().toInstant();
    Duration left = Duration.between(now, ends);
    try {
      X509v3CertificateBuilder builder =
          builder(
              issuer(),
              request.subject(),
              request.key(),
              now,
              lifetime.compareTo(left) < 0 ? lifetime : left);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      KeyUsage keyUsage = Usages.key(usages);
      if (keyUsage != null) {
        builder.addExtension(Extension.keyUsage, true, keyUsage);
      }
      List<KeyPurposeId> purposes = Usages.extended(usages);
      if (!purposes.isEmpty()) {
        builder.addExtension(
            Extension.extendedKeyUsage,
            false,
            new ExtendedKeyUsage(purposes.toArray(KeyPurposeId[]::new)));
      }
      GeneralNames names = request.alternatives();
      if (names != null) {
        builder.addExtension(Extension.subjectAlternativeName, false, names);
      }
      return sign(builder, authority.key());
    } catch (IOException e) {
      throw new IllegalStateException("cannot encode a certificate", e);
    }
  }

  /** Whether this authority signed it. */
  boolean issued(X509Certificate certificate) {
    try {
      certificate.verify(authority.certificate().getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private X500Name issuer() {
    return X500Name.getInstance(authority.certificate().getSubjectX500Principal().getEncoded());
  }

  private static X500Name subject(CertificateSpec spec) {
    X500NameBuilder name = new X500NameBuilder();
    spec.organizations().forEach(group -> name.addRDN(BCStyle.O, group));
    return name.addRDN(BCStyle.CN, spec.commonName()).build();
  }

  private static ExtendedKeyUsage usage(CertificateSpec spec) {
    List<KeyPurposeId> purposes = new ArrayList<>();
    if (spec.server()) {
      purposes.add(KeyPurposeId.id_kp_serverAuth);
    }
    if (spec.client()) {
      purposes.add(KeyPurposeId.id_kp_clientAuth);
    }
    return new ExtendedKeyUsage(purposes.toArray(KeyPurposeId[]::new));
  }

  private static GeneralNames names(CertificateSpec spec) {
    return new GeneralNames(
        spec.names().stream()
            .map(
                name ->
                    new GeneralName(
                        LocalNames.isAddress(name) ? GeneralName.iPAddress : GeneralName.dNSName,
                        name))
            .toArray(GeneralName[]::new));
  }

  private static X509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, PublicKey key, Instant now, Duration lifetime) {
    byte[] serial = new byte[16];
    SERIALS.nextBytes(serial);
    return new X509v3CertificateBuilder(
        issuer,
        new BigInteger(1, serial).add(BigInteger.ONE),
        Date.from(now.minus(BACKDATED)),
        Date.from(now.plus(lifetime)),
        subject,
        SubjectPublicKeyInfo.getInstance(key.getEncoded()));
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws IOException {
    try {
      ContentSigner signer = new JcaContentSignerBuilder(ALGORITHM).build(key);
      return Pem.certificate(builder.build(signer).getEncoded());
    } catch (OperatorCreationException e) {
      throw new IllegalStateException("every JDK signs with " + ALGORITHM, e);
    }
  }
}
