package io.berth.cli.up;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.lifecycle.Parts;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.api.transport.ApiException;
import io.berth.apiserver.pki.CertificateNames;
import io.berth.apiserver.pki.Pem;
import io.berth.apiserver.pki.PrivateFiles;
import io.berth.apiserver.pki.SigningRequest;
import io.berth.cli.CommandException;
import io.berth.cli.kube.Waiting;
import io.berth.client.ApiClient;
import io.berth.client.HttpsTransport;
import io.berth.client.Kubeconfig;
import io.berth.client.PatchType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a machine becomes a node: it makes keys, which never leave it, has the cluster sign
 * certificates for them (one to be known by API servers as the node, one for its own server), and
 * registers. What a start got, the next finds in the node's directory.
 */
final class Enrollment {
  private static final Logger log = LoggerFactory.getLogger(Enrollment.class);
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration RENEW_BEFORE = Duration.ofDays(30);
  private static final List<String> NODES = List.of("system:nodes");
  private static final String CLIENT = "kubernetes.io/kube-apiserver-client-kubelet";
  private static final String SERVER = "kubernetes.io/kubelet-serving";

  private record Certified(String certificatePem, String keyPem) {
    @Override
    public String toString() {
      return certificatePem;
    }
  }

  private final SystemEnvironment environment;
  private final Kubeconfig joining;
  private final Path directory;
  private final String node;
  private @Nullable ApiClient self;

  /**
   * @param joining where the cluster is, and by what right a node joins it
   * @param directory for keys and certificates
   */
  Enrollment(SystemEnvironment environment, Kubeconfig joining, Path directory, String node) {
    this.environment = environment;
    this.joining = joining;
    this.directory = directory;
    this.node = node;
  }

  /**
   * Registers the node, and has it certified where it is not yet.
   *
   * @param parts closes the transport to the API server
   * @throws CommandException the cluster does not sign
   */
  NodeIdentity identity(List<String> addresses, Parts parts) throws IOException {
    PrivateFiles.createDirectory(directory);
    String authority = joining.authority();
    if (authority == null) {
      throw new CommandException(
          "the kubeconfig has no certificate-authority: a node must know whom it trusts");
    }
    Certified client = client();
    HttpsTransport transport =
        parts.add(
            new Kubeconfig(
                    joining.server(),
                    authority,
                    client.certificatePem(),
                    client.keyPem(),
                    null,
                    joining.namespace())
                .open(environment));
    ApiClient own = new ApiClient(transport);
    self = own;
    register(own, addresses);
    Certified server = server(own, addresses);
    return new NodeIdentity(transport, server.certificatePem(), server.keyPem(), authority);
  }

  private Certified client() throws IOException {
    Optional<Certified> known = known("node", List.of());
    if (known.isPresent()) {
      return known.get();
    }
    try (HttpsTransport transport = joining.open(environment)) {
      return signed(new ApiClient(transport), "node", CLIENT, "client auth", List.of());
    }
  }

  private Certified server(ApiClient own, List<String> addresses) throws IOException {
    List<String> names = new ArrayList<>(addresses);
    names.add(node);
    Optional<Certified> known = known("node-server", names);
    return known.isPresent()
        ? known.get()
        : signed(own, "node-server", SERVER, "server auth", names);
  }

  /** A certificate that is not this node's, or not of its addresses, or ends soon, is no use. */
  private Optional<Certified> known(String file, List<String> names) throws IOException {
    Optional<String> certificate = PrivateFiles.read(directory.resolve(file + ".crt"));
    Optional<String> key = PrivateFiles.read(directory.resolve(file + ".key"));
    if (certificate.isEmpty() || key.isEmpty()) {
      return Optional.empty();
    }
    X509Certificate read = Pem.certificate(certificate.get());
    Instant end = read.getNotAfter().toInstant();
    boolean lasts = end.isAfter(environment.clock().now().plus(RENEW_BEFORE));
    boolean own = CertificateNames.commonName(read).equals("system:node:" + node);
    return lasts && own && named(read).equals(new TreeSet<>(names))
        ? Optional.of(new Certified(certificate.get(), key.get()))
        : Optional.empty();
  }

  private static Set<String> named(X509Certificate certificate) {
    Set<String> names = new TreeSet<>();
    try {
      if (certificate.getSubjectAlternativeNames() != null) {
        certificate
            .getSubjectAlternativeNames()
            .forEach(name -> names.add(String.valueOf(name.get(1))));
      }
    } catch (CertificateParsingException e) {
      log.warn("certificate not read, made anew error={}", e.getMessage());
    }
    return names;
  }

  private Certified signed(
      ApiClient client, String file, String signer, String usage, List<String> names)
      throws IOException {
    SigningRequest request = SigningRequest.of("system:node:" + node, NODES, names);
    ObjectNode object =
        Json.object()
            .put("apiVersion", "certificates.k8s.io/v1")
            .put("kind", "CertificateSigningRequest");
    object.putObject("metadata").put("generateName", node + "-");
    ObjectNode spec = object.putObject("spec").put("signerName", signer);
    spec.put(
        "request",
        Base64.getEncoder()
            .encodeToString(request.requestPem().getBytes(StandardCharsets.US_ASCII)));
    spec.putArray("usages").add("digital signature").add(usage);
    String name = client.create(Resources.CERTIFICATE_SIGNING_REQUESTS, null, object).key().name();
    Certified certified = new Certified(awaitCertificate(client, name), request.keyPem());
    PrivateFiles.write(directory.resolve(file + ".key"), certified.keyPem());
    PrivateFiles.write(directory.resolve(file + ".crt"), certified.certificatePem());
    log.info("certificate signed node={} signer={}", node, signer);
    return certified;
  }

  private String awaitCertificate(ApiClient client, String name) {
    String[] pem = {""};
    boolean done =
        new Waiting(environment, LIMIT)
            .until(
                () -> {
                  pem[0] = certificate(client, name);
                  return !pem[0].isEmpty();
                });
    if (!done) {
      throw new CommandException(
          "certificate signing request "
              + name
              + " is not signed after "
              + LIMIT.toSeconds()
              + " s: 'kubectl describe csr "
              + name
              + "' tells more; approve it with 'kubectl certificate approve'");
    }
    return pem[0];
  }

  private static String certificate(ApiClient client, String name) {
    JsonNode status =
        client
            .find(Resources.CERTIFICATE_SIGNING_REQUESTS, null, name)
            .map(found -> found.tree().path("status"))
            .orElseThrow(() -> new CommandException("signing request " + name + " is gone"));
    for (JsonNode condition : status.path("conditions")) {
      String type = condition.path("type").asText();
      if (type.equals("Denied") || type.equals("Failed")) {
        throw new CommandException(
            "signing request " + name + ": " + type + ": " + condition.path("message").asText());
      }
    }
    byte[] pem = Base64.getDecoder().decode(status.path("certificate").asText());
    return new String(pem, StandardCharsets.US_ASCII);
  }

  /** Not ready, and with nothing scheduled to it, until its agent says otherwise. */
  private void register(ApiClient own, List<String> addresses) {
    ObjectNode status = Json.object();
    ArrayNode all = status.putArray("addresses");
    addresses.forEach(ip -> all.addObject().put("type", "InternalIP").put("address", ip));
    all.addObject().put("type", "Hostname").put("address", node);
    ObjectNode object = Json.object().put("apiVersion", "v1").put("kind", "Node");
    object
        .putObject("metadata")
        .put("name", node)
        .putObject("labels")
        .put("kubernetes.io/hostname", node);
    object
        .putObject("spec")
        .putArray("taints")
        .addObject()
        .put("key", "node.kubernetes.io/not-ready")
        .put("effect", "NoSchedule");
    object.set("status", status);
    try {
      own.create(Resources.NODES, null, object);
    } catch (ApiException e) {
      if (!e.isAlreadyExists()) {
        throw e;
      }
      ObjectNode patch = Json.object();
      patch.set("status", status);
      own.patch(Resources.NODES, null, node, "status", PatchType.STRATEGIC_MERGE, patch);
    }
  }

  /**
   * Waits until the cluster has given the node addresses for its pods.
   *
   * @throws CommandException it does not
   */
  String awaitPodCidr() {
    ApiClient own = self;
    if (own == null) {
      throw new IllegalStateException("no identity yet");
    }
    String[] cidr = {""};
    boolean done =
        new Waiting(environment, LIMIT)
            .until(
                () -> {
                  cidr[0] =
                      own.find(Resources.NODES, null, node)
                          .map(found -> found.tree().at("/spec/podCIDR").asText())
                          .orElse("");
                  return !cidr[0].isEmpty();
                });
    if (!done) {
      throw new CommandException(
          "node "
              + node
              + " got no addresses for its pods in "
              + LIMIT.toSeconds()
              + " s: 'kubectl describe node "
              + node
              + "' may tell why");
    }
    return cidr[0];
  }
}
