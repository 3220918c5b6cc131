package io.berth.agent.network.services;

import io.berth.agent.network.Family;

/**
 * Endpoints in the kernel: maps from where a connection goes, and a number, to an endpoint. A pool
 * has four maps; those beside the first are for clients that keep their endpoint.
 */
enum Pool {
  /** By a service's address. */
  ANY("any", true),
  /** The same, of this node's endpoints. */
  LOCAL("local", true),
  /** By a port of the node. */
  NODE_ANY("node-any", false),
  NODE_LOCAL("node-local", false);

  private final String name;
  private final boolean byAddress;

  Pool(String name, boolean byAddress) {
    this.name = name;
    this.byAddress = byAddress;
  }

  /** Number to endpoint. */
  String endpoints() {
    return name;
  }

  /** Number to the endpoint's lasting id. */
  String ids() {
    return name + "-ids";
  }

  /** Lasting id to endpoint. */
  String byId() {
    return name + "-by-id";
  }

  /** Client to the id of its endpoint. */
  String clients() {
    return name + "-clients";
  }

  /** The chain that sends a connection on by the number in its priority. */
  String last() {
    return "to-" + name;
  }

  String chain(String what) {
    return what + "-" + name;
  }

  /** What a packet is looked up by. */
  String key(Family family) {
    return (byAddress ? family.word + " daddr . " : "") + "meta l4proto . th dport";
  }

  /** The same as a value. */
  String key(String address, String protocol, int port) {
    return (byAddress ? address + " . " : "") + protocol + " . " + port;
  }

  String definitions(Family family) {
    String key = (byAddress ? family.addressType + " . " : "") + "inet_proto . inet_service";
    String target = family.addressType + " . inet_service";
    return """
      map %1$s { type %5$s . classid : %6$s; }
      map %2$s { type %5$s . classid : classid; }
      map %3$s { type %5$s . classid : %6$s; }
      map %4$s { type %7$s . %5$s : classid; flags dynamic,timeout; size 65535; timeout 3h; }
      chain %8$s {
        dnat %9$s to %10$s . meta priority map @%1$s
      }
    """
        .formatted(
            endpoints(),
            ids(),
            byId(),
            clients(),
            key,
            target,
            family.addressType,
            last(),
            family.word,
            key(family));
  }
}
