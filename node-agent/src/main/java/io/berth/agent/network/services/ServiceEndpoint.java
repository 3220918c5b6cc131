package io.berth.agent.network.services;

/**
 * One place that a service's connections may go to.
 *
 * @param address IPv4
 * @param port 1 to 65535
 * @param ready takes new connections
 * @param serving answers, though it may be terminating
 * @param terminating its pod is being deleted
 * @param local on this node
 */
record ServiceEndpoint(
    String address, int port, boolean ready, boolean serving, boolean terminating, boolean local)
    implements Comparable<ServiceEndpoint> {
  String target() {
    return address + " . " + port;
  }

  @Override
  public int compareTo(ServiceEndpoint other) {
    int byAddress = address.compareTo(other.address);
    return byAddress != 0 ? byAddress : Integer.compare(port, other.port);
  }
}
