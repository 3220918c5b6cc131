package io.berth.apiserver.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.time.SimulatedEnvironment;
import io.berth.apiserver.store.memory.MemoryStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SigningTest {
  private static final List<String> CLIENT = List.of("client auth", "digital signature");
  private static final List<String> SERVER = List.of("server auth", "digital signature");
  private static final String NODE = "O=system:nodes,CN=system:node:n1";
  @TempDir Path directory;
  private final SimulatedEnvironment environment = new SimulatedEnvironment(1);
  private Pki pki;

  @BeforeEach
  void open() throws Exception {
    pki = Pki.open(directory, new MemoryStore(environment), environment.clock());
  }

  private static byte[] request(String subject, String... names) throws Exception {
    KeyPair keys = Keys.generate();
    var builder = new JcaPKCS10CertificationRequestBuilder(new X500Name(subject), keys.getPublic());
    if (names.length > 0) {
      ExtensionsGenerator extensions = new ExtensionsGenerator();
      GeneralName[] all = new GeneralName[names.length];
      for (int i = 0; i < names.length; i++) {
        all[i] = new GeneralName(GeneralName.dNSName, names[i]);
      }
      extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(all));
      builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
    }
    byte[] der =
        builder
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
            .getEncoded();
    return ("-----BEGIN CERTIFICATE REQUEST-----\n"
            + java.util.Base64.getMimeEncoder().encodeToString(der)
            + "\n-----END CERTIFICATE REQUEST-----\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private X509Certificate sign(String signer, byte[] request, List<String> usages)
      throws Exception {
    return Pem.certificate(pki.sign(signer, request, usages, "system:node:n1", Duration.ofDays(1)));
  }

  @Test
  void aClientGetsACertificateOfTheClusterForItsSubjectAndTime() throws Exception {
    X509Certificate given = sign(Signers.CLIENT, request("O=dev,O=ops,CN=jane"), CLIENT);
    given.verify(pki.authority().getPublicKey());
    assertThat(CertificateNames.commonName(given)).isEqualTo("jane");
    assertThat(CertificateNames.organizations(given)).containsExactly("dev", "ops");
    assertThat(given.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
    assertThat(given.getBasicConstraints()).isEqualTo(-1);
    assertThat(given.getNotAfter().toInstant())
        .isEqualTo(
            environment
                .clock()
                .now()
                .plus(Duration.ofDays(1))
                .truncatedTo(java.time.temporal.ChronoUnit.SECONDS));
  }

  @Test
  void aCertificateForClientsAloneForbidsItsKeyNothing() throws Exception {
    X509Certificate given = sign(Signers.CLIENT, request("CN=jane"), List.of("client auth"));
    assertThat(given.getKeyUsage()).isNull();
  }

  @Test
  void aNodesServerGetsTheNamesThatItAskedFor() throws Exception {
    X509Certificate given = sign(Signers.NODE_SERVER, request(NODE, "n1.local"), SERVER);
    assertThat(CertificateNames.alternatives(given)).containsExactly("n1.local");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kubernetes.io/kube-apiserver-client|CN=jane||server auth",
        "kubernetes.io/kube-apiserver-client|CN=jane||digital signature",
        "kubernetes.io/kube-apiserver-client-kubelet|O=other,CN=system:node:n1||client auth",
        "kubernetes.io/kube-apiserver-client-kubelet|O=system:nodes,CN=n1||client auth",
        "kubernetes.io/kube-apiserver-client-kubelet|O=system:nodes,CN=system:node:n1|x|client"
            + " auth",
        "kubernetes.io/kubelet-serving|O=system:nodes,CN=system:node:n1||server auth",
        "kubernetes.io/kubelet-serving|O=system:nodes,CN=system:node:n2|x|server auth",
        "example.com/x|CN=jane||client auth",
      })
  void whatASignerDoesNotGiveIsRefused(String signer, String subject, String name, String usage)
      throws Exception {
    byte[] request = name == null ? request(subject) : request(subject, name);
    assertThatThrownBy(
            () ->
                sign(
                    signer,
                    request,
                    List.of(usage, "digital signature").stream().distinct().toList()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatIsNoRequestOrForgedIsTold() throws Exception {
    assertThatThrownBy(() -> CertificateRequest.parse("x".getBytes(StandardCharsets.US_ASCII)))
        .hasMessage("PEM block type must be CERTIFICATE REQUEST");
    String good = new String(request("CN=jane"), StandardCharsets.US_ASCII);
    String body = good.replaceAll("-----[A-Z ]+-----|\\s", "");
    byte[] der = java.util.Base64.getDecoder().decode(body);
    der[30] ^= 1; // in what is signed
    String forged =
        "-----BEGIN CERTIFICATE REQUEST-----\n"
            + java.util.Base64.getMimeEncoder().encodeToString(der)
            + "\n-----END CERTIFICATE REQUEST-----\n";
    assertThatThrownBy(() -> CertificateRequest.parse(forged.getBytes(StandardCharsets.US_ASCII)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void requestsOfNodesAreKnown() throws Exception {
    assertThat(pki.nodeClient(request(NODE), CLIENT)).isEqualTo("system:node:n1");
    assertThat(pki.nodeClient(request("CN=jane"), CLIENT)).isEmpty();
    assertThat(pki.nodeClient(new byte[0], CLIENT)).isEmpty();
  }
}
