package io.berth.apiserver.pki;

import java.io.IOException;
import java.security.KeyPair;
import java.util.Collection;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * A new key, and the request (PKCS #10) for a certificate of it. Does not print the key.
 *
 * @param keyPem stays where it was made
 * @param requestPem goes to the signer
 */
public record SigningRequest(String keyPem, String requestPem) {
  /**
   * @param names DNS names and addresses of a server; none for a client
   */
  public static SigningRequest of(
      String commonName, List<String> organizations, Collection<String> names) {
    KeyPair keys = Keys.generate();
    X500NameBuilder subject = new X500NameBuilder(BCStyle.INSTANCE);
    organizations.forEach(organization -> subject.addRDN(BCStyle.O, organization));
    subject.addRDN(BCStyle.CN, commonName);
    var builder = new JcaPKCS10CertificationRequestBuilder(subject.build(), keys.getPublic());
    try {
      if (!names.isEmpty()) {
        ExtensionsGenerator extensions = new ExtensionsGenerator();
        extensions.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(names.stream().map(SigningRequest::name).toArray(GeneralName[]::new)));
        builder.addAttribute(
            PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
      }
      byte[] der =
          builder
              .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
              .getEncoded();
      return new SigningRequest(Pem.of(keys.getPrivate()), Pem.request(der));
    } catch (IOException | OperatorCreationException e) {
      throw new IllegalStateException("every JDK signs with " + commonName + "'s key", e);
    }
  }

  private static GeneralName name(String name) {
    int tag = LocalNames.isAddress(name) ? GeneralName.iPAddress : GeneralName.dNSName;
    return new GeneralName(tag, name);
  }

  @Override
  public String toString() {
    return requestPem;
  }
}
