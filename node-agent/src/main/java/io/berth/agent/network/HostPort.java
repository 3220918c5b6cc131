package io.berth.agent.network;

/**
 * A port of the node that leads to one of a pod's.
 *
 * @param protocol {@code TCP}, {@code UDP} or {@code SCTP}
 * @param address the node's address, empty for all of them
 * @param port on the node
 * @param containerPort in the pod
 */
public record HostPort(String protocol, String address, int port, int containerPort) {
  /** Whether only one of them can be had. */
  public boolean conflicts(HostPort other) {
    boolean sameAddress =
        address.isEmpty() || other.address.isEmpty() || address.equals(other.address);
    return sameAddress && port == other.port && protocol.equals(other.protocol);
  }
}
