package io.berth.apiserver.pki;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which certificates each of the cluster's signers gives, as Kubernetes has it. Pure. */
public final class Signers {
  public static final String CLIENT = "kubernetes.io/kube-apiserver-client";
  public static final String NODE_CLIENT = "kubernetes.io/kube-apiserver-client-kubelet";
  public static final String NODE_SERVER = "kubernetes.io/kubelet-serving";
  public static final String LEGACY = "kubernetes.io/legacy-unknown";

  private static final String NODE_PREFIX = "system:node:";
  private static final List<String> NODES = List.of("system:nodes");
  private static final Set<String> CLIENT_USAGES =
      Set.of("client auth", "digital signature", "key encipherment");
  private static final Set<String> SERVER_USAGES =
      Set.of("server auth", "digital signature", "key encipherment");

  private Signers() {}

  /**
   * Why a signer does not sign, null where it does.
   *
   * @param user who asks
   */
  static @Nullable String refusal(
      String signer, CertificateRequest request, List<String> usages, String user) {
    return switch (signer) {
      case CLIENT -> wrongUsages(usages, CLIENT_USAGES, "client auth");
      case NODE_CLIENT -> nodeClient(request, usages);
      case NODE_SERVER -> nodeServer(request, usages, user);
      case LEGACY -> null;
      default -> "unknown signer";
    };
  }

  private static @Nullable String wrongUsages(
      List<String> usages, Set<String> allowed, String needed) {
    return usages.contains(needed) && allowed.containsAll(usages)
        ? null
        : "usages did not match " + allowed.stream().sorted().toList();
  }

  /** What is wrong with a request for a node's client certificate, or null. */
  public static @Nullable String nodeClient(CertificateRequest request, List<String> usages) {
    if (!request.organizations().equals(NODES)) {
      return "subject organization is not system:nodes";
    }
    if (!request.commonName().startsWith(NODE_PREFIX)) {
      return "subject common name does not begin with system:node:";
    }
    if (request.alternatives() != null) {
      return "subjectAltNames are not allowed";
    }
    return usages.contains("digital signature")
        ? wrongUsages(usages, CLIENT_USAGES, "client auth")
        : "usages must hold digital signature";
  }

  private static @Nullable String nodeServer(
      CertificateRequest request, List<String> usages, String user) {
    if (!request.organizations().equals(NODES)) {
      return "subject organization is not system:nodes";
    }
    int[] names = request.namesOfServers();
    if (names[0] == 0 || names[1] > 0) {
      return "only DNS and IP subjectAltNames are allowed, and at least one is required";
    }
    if (!request.commonName().startsWith(NODE_PREFIX) || !request.commonName().equals(user)) {
      return "subject common name is not that of the node that asks";
    }
    return usages.contains("digital signature")
        ? wrongUsages(usages, SERVER_USAGES, "server auth")
        : "usages must hold digital signature";
  }
}
