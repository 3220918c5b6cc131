package io.berth.apiserver.pki;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;
import org.jspecify.annotations.Nullable;

/** What somebody asks a certificate for: a PKCS #10 request whose signature is good. Immutable. */
public final class CertificateRequest {
  private static final String TYPE = "CERTIFICATE REQUEST";

  private final PKCS10CertificationRequest request;
  private final PublicKey key;

  private CertificateRequest(PKCS10CertificationRequest request, PublicKey key) {
    this.request = request;
    this.key = key;
  }

  /**
   * @param pem one block
   * @throws IllegalArgumentException it is no such request; the message tells why
   */
  public static CertificateRequest parse(byte[] pem) {
    try (PemReader reader =
        new PemReader(
            new InputStreamReader(new ByteArrayInputStream(pem), StandardCharsets.US_ASCII))) {
      PemObject block = reader.readPemObject();
      if (block == null || !block.getType().equals(TYPE)) {
        throw new IllegalArgumentException("PEM block type must be " + TYPE);
      }
      PKCS10CertificationRequest request = new PKCS10CertificationRequest(block.getContent());
      PublicKey key = key(request);
      ContentVerifierProvider verifier = new JcaContentVerifierProviderBuilder().build(key);
      if (!request.isSignatureValid(verifier)) {
        throw new IllegalArgumentException("the signature is not that of the key");
      }
      return new CertificateRequest(request, key);
    } catch (IOException
        | GeneralSecurityException
        | OperatorCreationException
        | PKCSException
        | ClassCastException e) {
      throw new IllegalArgumentException("malformed certificate request: " + e.getMessage(), e);
    }
  }

  private static PublicKey key(PKCS10CertificationRequest request)
      throws IOException, GeneralSecurityException {
    ASN1ObjectIdentifier algorithm =
        request.getSubjectPublicKeyInfo().getAlgorithm().getAlgorithm();
    String name =
        algorithm.equals(X9ObjectIdentifiers.id_ecPublicKey)
            ? "EC"
            : algorithm.equals(PKCSObjectIdentifiers.rsaEncryption) ? "RSA" : algorithm.getId();
    byte[] encoded = request.getSubjectPublicKeyInfo().getEncoded();
    return KeyFactory.getInstance(name.equals("1.3.101.112") ? "Ed25519" : name)
        .generatePublic(new X509EncodedKeySpec(encoded));
  }

  PublicKey key() {
    return key;
  }

  X500Name subject() {
    return request.getSubject();
  }

  /** Empty where it has none. */
  public String commonName() {
    List<String> names = values(BCStyle.CN);
    return names.isEmpty() ? "" : names.getFirst();
  }

  public List<String> organizations() {
    return values(BCStyle.O);
  }

  private List<String> values(ASN1ObjectIdentifier type) {
    List<String> values = new ArrayList<>();
    for (RDN rdn : request.getSubject().getRDNs(type)) {
      values.add(IETFUtils.valueToString(rdn.getFirst().getValue()));
    }
    return values;
  }

  /** The names that the certificate is to be good for beside the subject, or null. */
  @Nullable GeneralNames alternatives() {
    Extensions extensions = request.getRequestedExtensions();
    return extensions == null
        ? null
        : GeneralNames.fromExtensions(extensions, Extension.subjectAlternativeName);
  }

  /** How many of its alternative names are DNS names or addresses, and how many others. */
  int[] namesOfServers() {
    int[] count = new int[2];
    GeneralNames names = alternatives();
    for (GeneralName name : names == null ? new GeneralName[0] : names.getNames()) {
      int tag = name.getTagNo();
      count[tag == GeneralName.dNSName || tag == GeneralName.iPAddress ? 0 : 1]++;
    }
    return count;
  }

  /** The DNS names and addresses that a server is to be known by. */
  List<String> serverNames() {
    List<String> found = new ArrayList<>();
    GeneralNames names = alternatives();
    for (GeneralName name : names == null ? new GeneralName[0] : names.getNames()) {
      if (name.getTagNo() == GeneralName.dNSName) {
        found.add(IETFUtils.valueToString(name.getName()));
      } else if (name.getTagNo() == GeneralName.iPAddress) {
        found.add(address(name));
      }
    }
    return found;
  }

  private static String address(GeneralName name) {
    byte[] bytes = ASN1OctetString.getInstance(name.getName()).getOctets();
    try {
      return InetAddress.getByAddress(bytes).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("an address of " + bytes.length + " bytes", e);
    }
  }
}
