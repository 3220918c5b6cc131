package io.berth.cli.up;

import io.berth.api.transport.Transport;

/**
 * How a node speaks with API servers, and they with it. Does not print the key.
 *
 * @param transport to the API server, as the node
 * @param certificatePem of the agent's server
 * @param keyPem of the agent's server
 * @param authorityPem of the cluster
 */
record NodeIdentity(
    Transport transport, String certificatePem, String keyPem, String authorityPem) {
  @Override
  public String toString() {
    return certificatePem;
  }
}
