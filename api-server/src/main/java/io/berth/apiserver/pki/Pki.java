package io.berth.apiserver.pki;

import io.berth.api.time.Clock;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreUnavailableException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster's certificates as one API server has them: the authority from the store, the
 * certificates that it issued cached in a directory, so that a start costs no key generation.
 * Cached ones that are not of this authority, do not say what is asked or expire within a year are
 * replaced. Files have mode 0600. Safe for use by many threads that ask for different certificates.
 */
public final class Pki {
  private static final Duration RENEW_BEFORE = Duration.ofDays(365);
  private static final String CACHE = "cluster.json";
  private static final Logger log = LoggerFactory.getLogger(Pki.class);

  private final Path directory;
  private final Clock clock;
  private final ClusterSecrets secrets;

  private Pki(Path directory, Clock clock, ClusterSecrets secrets) {
    this.directory = directory;
    this.clock = clock;
    this.secrets = secrets;
  }

  /**
   * Reads the cluster's authority from the store, or makes it where this is the first start. Where
   * the store is not reached, what the directory holds of an earlier start serves.
   *
   * @param directory created with mode 0700 where it is missing
   */
  public static Pki open(Path directory, Store store, Clock clock) throws IOException {
    PrivateFiles.createDirectory(directory);
    Path cache = directory.resolve(CACHE);
    Optional<String> cached = PrivateFiles.read(cache);
    ClusterSecrets secrets;
    try {
      secrets = ClusterSecrets.shared(store, clock.now());
    } catch (StoreUnavailableException e) {
      String text = cached.orElseThrow(() -> e);
      log.warn("the store is not reached, keys of the last start serve: reason={}", e.getMessage());
      secrets = ClusterSecrets.parse(text.getBytes(StandardCharsets.UTF_8));
    }
    String text = new String(secrets.bytes(), StandardCharsets.UTF_8);
    if (!cached.filter(text::equals).isPresent()) {
      PrivateFiles.write(cache, text);
      PrivateFiles.write(directory.resolve("ca.crt"), secrets.authority().keyed().certificatePem());
    }
    return new Pki(directory, clock, secrets);
  }

  public X509Certificate authority() {
    return secrets.authority().certificate();
  }

  public String authorityPem() {
    return secrets.authority().keyed().certificatePem();
  }

  public PrivateKey tokenKey() {
    return secrets.tokenKey();
  }

  public PublicKey tokenPublicKey() {
    return secrets.tokenPublic();
  }

  /**
   * The API server's.
   *
   * @param further names and addresses beside this machine's own, such as the first service IP
   */
  public KeyedCertificate apiServer(List<String> further) throws IOException {
    return certificate(
        "apiserver", CertificateSpec.server("kube-apiserver", LocalNames.ofApiServer(further)));
  }

  /** What the API server shows to node agents, which accept no other client. */
  public KeyedCertificate kubeletClient() throws IOException {
    return certificate(
        "apiserver-kubelet-client",
        CertificateSpec.client("kube-apiserver-kubelet-client", "system:masters"));
  }

  public KeyedCertificate admin() throws IOException {
    return certificate(
        "admin", CertificateSpec.client("kubernetes-admin", "system:masters").withRsa());
  }

  public KeyedCertificate scheduler() throws IOException {
    return certificate("scheduler", CertificateSpec.client("system:kube-scheduler"));
  }

  public KeyedCertificate controllerManager() throws IOException {
    return certificate(
        "controller-manager", CertificateSpec.client("system:kube-controller-manager"));
  }

  /** What a node's agent shows to the API server. */
  public KeyedCertificate node(String node) throws IOException {
    return certificate(
        "node-" + node, CertificateSpec.client("system:node:" + node, "system:nodes"));
  }

  /**
   * What a node's agent serves its logs and sessions with.
   *
   * @param names the addresses that the node reports
   */
  public KeyedCertificate nodeServer(String node, SortedSet<String> names) throws IOException {
    SortedSet<String> all = new TreeSet<>(names);
    all.add(node);
    return certificate(
        "node-" + node + "-server", CertificateSpec.server("system:node:" + node, all));
  }

  /**
   * Signs a request in the name of one of {@link Signers}. Safe for use by many threads.
   *
   * @param user who asks
   * @return PEM
   * @throws IllegalArgumentException the signer does not sign this; the message tells why
   */
  public String sign(
      String signer, byte[] requestPem, List<String> usages, String user, Duration lifetime) {
    CertificateRequest request = CertificateRequest.parse(requestPem);
    String refusal = Signers.refusal(signer, request, usages, user);
    if (refusal != null) {
      throw new IllegalArgumentException(refusal);
    }
    return Pem.of(secrets.authority().sign(request, usages, lifetime, clock.now()));
  }

  /** The user that a request for a node's client certificate names; empty where it is none. */
  public String nodeClient(byte[] requestPem, List<String> usages) {
    try {
      CertificateRequest request = CertificateRequest.parse(requestPem);
      return Signers.nodeClient(request, usages) == null ? request.commonName() : "";
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /**
   * The names and addresses that a node's request for its server's certificate asks for; empty
   * where it is no such request of this user.
   */
  public List<String> nodeServerNames(byte[] requestPem, List<String> usages, String user) {
    try {
      CertificateRequest request = CertificateRequest.parse(requestPem);
      String refusal = Signers.refusal(Signers.NODE_SERVER, request, usages, user);
      return refusal == null ? request.serverNames() : List.of();
    } catch (IllegalArgumentException e) {
      return List.of();
    }
  }

  /**
   * The certificate of that file name, from the cache or new.
   *
   * @param file name without its ending; lower-case letters, digits, dots and dashes
   */
  public KeyedCertificate certificate(String file, CertificateSpec spec) throws IOException {
    Path certificateFile = directory.resolve(file + ".crt");
    Path keyFile = directory.resolve(file + ".key");
    Optional<KeyedCertificate> cached =
        cached(PrivateFiles.read(certificateFile), PrivateFiles.read(keyFile));
    if (cached.isPresent() && serves(cached.get().certificate(), spec)) {
      return cached.get();
    }
    KeyedCertificate issued = secrets.authority().issue(spec, clock.now());
    PrivateFiles.write(keyFile, issued.keyPem());
    PrivateFiles.write(certificateFile, issued.certificatePem());
    log.info("issued certificate file={} subject={}", certificateFile, issued);
    return issued;
  }

  private static Optional<KeyedCertificate> cached(
      Optional<String> certificate, Optional<String> key) {
    try {
      return certificate.isPresent() && key.isPresent()
          ? Optional.of(
              new KeyedCertificate(Pem.certificate(certificate.get()), Pem.privateKey(key.get())))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // damaged: a new one takes its place
    }
  }

  private boolean serves(X509Certificate certificate, CertificateSpec spec) throws IOException {
    Instant expires = certificate.getNotAfter().toInstant();
    try {
      return expires.isAfter(clock.now().plus(RENEW_BEFORE))
          && CertificateNames.commonName(certificate).equals(spec.commonName())
          && CertificateNames.organizations(certificate).equals(spec.organizations())
          && CertificateNames.alternatives(certificate).containsAll(spec.names())
          && secrets.authority().issued(certificate);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
