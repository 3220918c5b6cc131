package io.berth.agent.network.routes;

/** How pods of other nodes are reached. */
public enum RouteMode {
  /** Directly where the node is on a link of ours, else through a tunnel. */
  AUTO,
  /** Through a tunnel, for networks that do not carry addresses of pods. */
  VXLAN,
  /** Directly, else not at all. */
  HOST_GW
}
