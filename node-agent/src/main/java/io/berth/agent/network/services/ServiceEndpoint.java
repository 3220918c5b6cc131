package io.berth.agent.network.services;

/**
 * One place that a service's connections may go to.
 *
 * @param address of the family of its service's address
 * @param port 1 to 65535
 * @param ready takes new connections
 * @param serving answers, though it may be terminating
 * @param terminating its pod is being deleted
 * @param local on this node
 * @param forNode whether this node is to prefer it
 * @param forZone whether this node's zone is to prefer it
 */
record ServiceEndpoint(
    String address,
    int port,
    boolean ready,
    boolean serving,
    boolean terminating,
    boolean local,
    Hint forNode,
    Hint forZone)
    implements Comparable<ServiceEndpoint> {
  /** One that takes connections and is meant for everybody. */
  static ServiceEndpoint ready(String address, int port, boolean local) {
    return new ServiceEndpoint(address, port, true, true, false, local, Hint.NONE, Hint.NONE);
  }

  String target() {
    return address + " . " + port;
  }

  @Override
  public int compareTo(ServiceEndpoint other) {
    int byAddress = address.compareTo(other.address);
    return byAddress != 0 ? byAddress : Integer.compare(port, other.port);
  }
}
