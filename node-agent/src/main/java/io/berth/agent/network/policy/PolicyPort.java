package io.berth.agent.network.policy;

/** What of a connection's destination ports a rule allows. Protocols are in lower case. */
sealed interface PolicyPort {
  String protocol();

  /**
   * By number.
   *
   * @param first 0 for all ports of the protocol
   * @param last not below the first
   */
  record Range(String protocol, int first, int last) implements PolicyPort {
    static Range all(String protocol) {
      return new Range(protocol, 0, 65_535);
    }

    static Range one(String protocol, int port) {
      return new Range(protocol, port, port);
    }

    boolean covers(String protocol, int port) {
      return this.protocol.equals(protocol) && first <= port && port <= last;
    }
  }

  /** By the name that the pod which is connected to gives a port of its containers. */
  record Name(String protocol, String name) implements PolicyPort {}
}
