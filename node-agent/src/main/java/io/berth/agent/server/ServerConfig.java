package io.berth.agent.server;

import java.util.Set;

/**
 * The agent's server.
 *
 * @param host the address to listen on
 * @param port 0 for any free one
 * @param certificatePem the server's certificate, with its chain
 * @param keyPem its private key, PKCS #8
 * @param clientCaPem who must have signed clients' certificates
 * @param acceptedNames the common names of clients that may ask for everything; members of {@code
 *     system:masters} may ask for health and metrics
 */
public record ServerConfig(
    String host,
    int port,
    byte[] certificatePem,
    byte[] keyPem,
    byte[] clientCaPem,
    Set<String> acceptedNames) {
  /** The common name of the API server's certificate as a client of agents. */
  public static final String API_SERVER = "kube-apiserver-kubelet-client";

  public ServerConfig {
    acceptedNames = Set.copyOf(acceptedNames);
  }
}
