package io.berth.apiserver.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.time.SimulatedEnvironment;
import io.berth.apiserver.store.memory.MemoryStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PkiTest {
  @TempDir Path directory;
  private final SimulatedEnvironment environment =
      new SimulatedEnvironment(1, Instant.parse("2026-06-01T00:00:00Z"));
  private final MemoryStore store = new MemoryStore(environment);

  private Pki open(String name) throws Exception {
    return Pki.open(directory.resolve(name), store, environment.clock());
  }

  @Test
  void allServersOfOneStoreShareOneAuthorityAndTokenKey() throws Exception {
    Pki one = open("one");
    Pki two = open("two");
    assertThat(two.authority()).isEqualTo(one.authority());
    assertThat(two.tokenPublicKey()).isEqualTo(one.tokenPublicKey());
    two.admin().certificate().verify(one.authority().getPublicKey());
    assertThat(store.range("/registry/", null, 0, 0).entries()).isEmpty();
  }

  @Test
  void aSecondStartReusesItsCertificates() throws Exception {
    Pki first = open("one");
    KeyedCertificate admin = first.admin();
    KeyedCertificate server = first.apiServer(List.of("10.96.0.1"));
    Pki second = open("one");
    assertThat(second.admin().certificate()).isEqualTo(admin.certificate());
    assertThat(second.apiServer(List.of("10.96.0.1")).certificate())
        .isEqualTo(server.certificate());
    assertThat(second.apiServer(List.of("10.96.0.1", "192.0.2.7")).certificate())
        .isNotEqualTo(server.certificate());
  }

  @Test
  void certificatesNearTheirEndAndDamagedOnesAreReplaced() throws Exception {
    KeyedCertificate before = open("one").admin();
    environment.advance(Duration.ofDays(3 * 365));
    assertThat(open("one").admin().certificate()).isEqualTo(before.certificate());
    environment.advance(Duration.ofDays(366 + 1));
    assertThat(open("one").admin().certificate()).isNotEqualTo(before.certificate());
    Files.writeString(directory.resolve("one/admin.crt"), "no certificate");
    open("one").admin().certificate().verify(open("one").authority().getPublicKey());
  }

  @Test
  void certificatesOfAnotherStoresAuthorityAreReplaced() throws Exception {
    open("one").admin();
    MemoryStore other = new MemoryStore(environment);
    Pki moved = Pki.open(directory.resolve("one"), other, environment.clock());
    moved.admin().certificate().verify(moved.authority().getPublicKey());
  }

  @Test
  void theServersCertificateNamesWhatPodsAndPeopleCallIt() throws Exception {
    var names =
        CertificateNames.alternatives(open("one").apiServer(List.of("10.96.0.1")).certificate());
    assertThat(names)
        .contains(
            "localhost",
            "127.0.0.1",
            "0:0:0:0:0:0:0:1",
            "kubernetes",
            "kubernetes.default.svc.cluster.local",
            "10.96.0.1");
  }

  @Test
  void certificatesSayWhoAndWhatFor() throws Exception {
    Pki pki = open("one");
    var node = pki.node("n-1").certificate();
    assertThat(CertificateNames.commonName(node)).isEqualTo("system:node:n-1");
    assertThat(CertificateNames.organizations(node)).containsExactly("system:nodes");
    assertThat(node.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
    var serving = pki.nodeServer("n-1", new TreeSet<>(List.of("192.0.2.1"))).certificate();
    assertThat(serving.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
    assertThat(CertificateNames.alternatives(serving)).contains("192.0.2.1", "n-1");
    assertThat(pki.authority().getBasicConstraints()).isEqualTo(0);
  }

  @Test
  void keysAreForTheirOwnerOnlyAndNotPrinted() throws Exception {
    Pki pki = open("one");
    KeyedCertificate admin = pki.admin();
    Path kubeconfig = directory.resolve("admin.kubeconfig");
    Kubeconfig.write(kubeconfig, "https://127.0.0.1:6443", pki.authorityPem(), "admin", admin);
    for (Path file :
        List.of(
            kubeconfig,
            directory.resolve("one/admin.key"),
            directory.resolve("one/cluster.json"))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
    }
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("one"))))
        .isEqualTo("rwx------");
    assertThat(Files.readString(kubeconfig)).contains("server: https://127.0.0.1:6443");
    assertThat(admin.toString()).contains("kubernetes-admin").doesNotContain("BEGIN");
  }

  @Test
  void damagedPemIsAnError() {
    assertThatThrownBy(() -> Pem.certificate("x")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> Pem.privateKey("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
