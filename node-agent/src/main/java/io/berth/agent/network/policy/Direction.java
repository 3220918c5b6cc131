package io.berth.agent.network.policy;

/** Of a connection, as the pod sees it that a policy selects. */
enum Direction {
  INGRESS("saddr"),
  EGRESS("daddr");

  /** The field of a packet's header that bears the other side's address. */
  final String peer;

  Direction(String peer) {
    this.peer = peer;
  }
}
